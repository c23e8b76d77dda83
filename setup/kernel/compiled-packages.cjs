/**
 * Packages as Node has compiled them, kept in a file between kernels: looking through each file of TensorFlow.js and Vega for what
 * tsx has to translate, and compiling it, takes longer than running it. Modules of the project are left to tsx: they change.
 */
const { Buffer } = require('node:buffer');
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

/** Compiled code is that of one V8 with its flags. */
const version = [process.version, process.arch, v8.cachedDataVersionTag()].join(' ');

/**
 * From now on packages are taken from what was kept, where their files are those that were compiled.
 * @param {string} root the project's folder
 * @param {string} file where to keep them; one that cannot be written costs time only
 * @returns {{ keep: () => void }} keeps what was loaded, with the functions that have run by then, for the next kernel
 */
exports.keepCompiledPackages = function (root, file) {
  const known = kept(file);
  const loaded = new Map();

  const compile = (module, name, { signature, code, compiled }) => {
    const script = new vm.Script(Module.wrap(code), { filename: name, cachedData: compiled });
    const isKnown = compiled !== undefined && !script.cachedDataRejected;
    loaded.set(path.relative(root, name), { signature, code, script, isKnown });
    const { exports } = module;
    script.runInThisContext().call(exports, exports, Module.createRequire(name), module, name, path.dirname(name));
  };

  const { '.js': load } = Module._extensions;
  Module._extensions['.js'] = (module, name) => {
    if (!/[\\/]node_modules[\\/]/.test(name)) return load(module, name);
    const signature = signatureOf(name);
    const found = known.get(path.relative(root, name));
    if (found?.signature === signature) {
      return compile(module, name, { signature, code: found.code.toString(), compiled: found.compiled });
    }
    const { _compile } = module;
    module._compile = function (code, ...given) {
      if (isForNode(code)) return _compile.call(this, code, ...given);
      compile(module, name, { signature, code: withoutSourceMap(code) });
    };
    return load(module, name);
  };

  return {
    keep() {
      if ([...loaded.values()].every(({ isKnown }) => isKnown)) return;
      const entries = new Map(known);
      for (const [name, each] of loaded) {
        const { signature, code, script } = each;
        each.isKnown = true;
        entries.set(name, { signature, code: Buffer.from(code), compiled: script.createCachedData() });
      }
      try {
        mkdirSync(path.dirname(file), { recursive: true });
        const partial = `${file}.${process.pid}.partial`;
        writeFileSync(partial, fileOf(entries));
        renameSync(partial, file);
      } catch {
        // A disk that is full or not ours to write to: the next kernel compiles them again.
      }
    },
  };
};

/**
 * What a kept script does not do: begin as a program, and `import()`, which after V8's cache finds no loader. What only looks like it
 * is compiled by Node, too, and takes longer.
 */
const isForNode = (code) => /^#!|(?<![.`'"\w$]|typeof )import\s*(?:\/\*[^*]*\*\/\s*)?\(\s*[^)\s]/.test(code);

/** Node reads the map of each package's file, whose lines nobody looks for. */
const withoutSourceMap = (code) => code.replace(/^\/\/[#@] sourceMappingURL=.*$/gm, '');

function signatureOf(file) {
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
}

/** The length of a table as JSON, the table, and what it tells the places of. */
function fileOf(entries) {
  const parts = [];
  let end = 0;
  const place = (part) => {
    parts.push(part);
    return [end, (end += part.length)];
  };
  const table = [...entries].map(([name, { signature, code, compiled }]) => ({
    name,
    signature,
    code: place(code),
    compiled: place(compiled),
  }));
  const head = Buffer.from(JSON.stringify({ version, length: end, table }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...parts]);
}

function kept(file) {
  try {
    const bytes = readFileSync(file);
    const start = 4 + bytes.readUInt32LE();
    const head = JSON.parse(bytes.toString('utf8', 4, start));
    const body = bytes.subarray(start);
    if (head.version !== version || head.length !== body.length) return new Map();
    const part = ([from, to]) => body.subarray(from, to);
    return new Map(
      head.table.map(({ name, signature, code, compiled }) => [
        name,
        { signature, code: part(code), compiled: part(compiled) },
      ]),
    );
  } catch {
    return new Map();
  }
}
