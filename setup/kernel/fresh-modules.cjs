/**
 * A module that was edited is run anew before the next cell, as by IPython's %autoreload: cells see what it exports now, under
 * the names they imported earlier too.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { isWithin } = require('./declarations.cjs');

/**
 * @param {object} options
 * @param {string} options.root the project's folder; packages are loaded once
 * @param {string} options.lasting folder of modules that can be run once a process
 */
exports.createFreshModules = function ({ root, lasting }) {
  /** Texts of loaded modules, as they were when they were loaded. */
  const texts = new Map();
  const shown = new Map();
  const held = new Set();

  const { load } = Module.prototype;
  Module.prototype.load = function (file) {
    if (isWithin(root, file)) texts.set(file, textOf(file));
    return load.call(this, file);
  };

  /** Loaded modules of the project that a change of one reaches: itself, and what imports it, directly or not. */
  const reached = (file) => {
    const importers = new Map();
    for (const [name, { children }] of Object.entries(require.cache)) {
      if (!texts.has(name)) continue;
      for (const child of children) importers.set(child.filename, [...(importers.get(child.filename) ?? []), name]);
    }
    const found = new Set([file]);
    for (const one of found) for (const importer of importers.get(one) ?? []) found.add(importer);
    return [...found];
  };

  return {
    /**
     * Forgets modules that were edited, and what imports them.
     * @returns {string[]} those that cannot be run a second time, which stay as they are; each change is told once
     */
    refresh() {
      const told = [];
      for (const [file, text] of texts) {
        const now = textOf(file);
        if (now === text) {
          held.delete(file);
          continue;
        }
        const all = reached(file);
        if (all.some((one) => isWithin(lasting, one))) {
          if (!held.has(file)) told.push(path.relative(root, file));
          held.add(file);
          continue;
        }
        for (const one of all) {
          delete require.cache[one];
          texts.delete(one);
          if (shown.has(one)) shown.get(one).exports = undefined;
        }
      }
      return told;
    },

    /** Modules that were edited, and with whose former state cells go on. */
    held: () => [...held],

    /**
     * What cells call for tslab's `require` and `exports`.
     * @param {{ require: NodeRequire, exports: object }} given tslab's own
     */
    forCells(given) {
      const view = (name, file) => {
        const entry = shown.get(file) ?? { view: viewOf(() => current()) };
        shown.set(file, entry);
        const current = () => (entry.exports ??= given.require(name));
        // JSON, and what was not written as a module of exports, has no names to look through.
        return current()?.__esModule === true ? entry.view : current();
      };
      const own = (name) => {
        let file;
        try {
          file = given.require.resolve(name);
        } catch {
          return given.require(name);
        }
        return isWithin(root, file) ? view(name, file) : given.require(name);
      };
      const imported = new Map();
      return {
        require: Object.assign(
          (...names) => (names.length === 1 ? own(names[0]) : given.require(...names)),
          given.require,
        ),
        exports: new Proxy(given.exports, {
          get: (target, key) => (imported.has(key) ? imported.get(key)() : Reflect.get(target, key)),
          set(target, key, value) {
            imported.delete(key);
            return Reflect.set(target, key, value);
          },
          defineProperty(target, key, attributes) {
            if (attributes.get) imported.set(key, attributes.get);
            else imported.delete(key);
            return Reflect.defineProperty(target, key, attributes);
          },
          deleteProperty(target, key) {
            imported.delete(key);
            return Reflect.deleteProperty(target, key);
          },
        }),
      };
    },
  };
};

/** What `import * as`, and names imported earlier, look through to what a module exports now. */
function viewOf(current) {
  return new Proxy(
    {},
    {
      get: (_, key) => current()[key],
      has: (_, key) => key in current(),
      ownKeys: () => Reflect.ownKeys(current()),
      getOwnPropertyDescriptor(_, key) {
        const found = Reflect.getOwnPropertyDescriptor(current(), key);
        return found && { value: current()[key], enumerable: found.enumerable, configurable: true };
      },
    },
  );
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
