/** tslab checks the types of each cell by a TypeScript of its own; here is what it is told differently. */
const { existsSync, statSync } = require('node:fs');
const path = require('node:path');
const { clearTimeout, setTimeout } = require('node:timers');
const { createDeclarations, isWithin } = require('./declarations.cjs');
const { library, replaced, standardLibrary } = require('./standard-library.cjs');

const typescript = require.resolve('@tslab/typescript-for-tslab');
const original = require(typescript);
const isCell = (name) => /^__(tslab__\.[jt]s|prev__\.d\.ts)$/.test(path.basename(name));

/**
 * Replaces the TypeScript that tslab is about to load.
 * @param {string} root the project's folder
 * @returns {{ readAgain: (isHeld: (file: string) => boolean) => void }} what notices modules that were edited
 */
exports.checkTypesOfCells = function (root) {
  const declarations = createDeclarations(root, path.join(root, '.cache', 'declarations.json'));
  const watched = new Map();

  require.cache[typescript].exports = {
    ...original,
    createWatchCompilerHost(files, options, system, createProgram, ...rest) {
      // Without strict null checks zod's types, and so every configuration, lose their required keys.
      const ours = { ...options, strictNullChecks: true, types: ['node'], lib: [library] };
      // A builder that knows which file uses which resolves every import of every package, at every cell.
      const host = original.createWatchCompilerHost(files, ours, system, original.createAbstractBuilder, ...rest);
      readDeclarations(host, declarations);
      const resolutions = resolveModules(host, root);
      watchOursOnly(host, root, watched, resolutions);
      giveTimersOfItsOwn(host);
      let listener;
      return Object.defineProperty(host, 'afterProgramCreate', {
        get: () => listener,
        set(given) {
          listener = (program) => {
            given(forCellsOnly(program));
            resolutions.remember();
            declarations.keep();
          };
        },
      });
    },
    // Modules are checked by npm test: checking all of lib/ anew would add some ten seconds to the first cell.
    getPreEmitDiagnosticsOfFiles: (program, files) =>
      original.getPreEmitDiagnosticsOfFiles(
        program,
        files.filter(({ fileName }) => isCell(fileName)),
      ),
  };

  return {
    readAgain(isHeld) {
      for (const [file, entry] of watched) {
        const signature = signatureOf(file);
        if (signature === entry.signature || isHeld(file)) continue;
        entry.signature = signature;
        const { Changed, Deleted } = original.FileWatcherEventKind;
        entry.callback(file, signature === undefined ? Deleted : Changed);
      }
    },
  };
};

function readDeclarations(host, declarations) {
  const { readFile } = host;
  const lookedUp = path.join(path.dirname(typescript), replaced);
  host.readFile = (name, encoding) => {
    if (path.resolve(name) === lookedUp) return standardLibrary();
    const text = readFile.call(host, name, encoding);
    return text === undefined || isCell(name) ? text : declarations.of(name, text);
  };
}

/**
 * Packages do not change under a kernel, and watching each of their files takes time, and watchers of which a system has few.
 * Files of the project are looked at before each cell: what a system says of them may come after the cell that needs it.
 */
function watchOursOnly(host, root, watched, resolutions) {
  const { watchFile } = host;
  const nothing = { close() {} };
  host.watchFile = (file, callback, ...given) => {
    if (isCell(file)) return watchFile.call(host, file, callback, ...given);
    if (!isWithin(root, file)) return nothing;
    // A module that is a cell itself lies on no disk.
    if (!existsSync(file)) return watchFile.call(host, file, callback, ...given);
    const noticing = (name, kind) => {
      if (kind === original.FileWatcherEventKind.Deleted) resolutions.forget();
      callback(name, kind);
    };
    watched.set(file, { callback: noticing, signature: signatureOf(file) });
    return { close: () => watched.delete(file) };
  };
  host.watchDirectory = () => nothing;
}

/**
 * Finds what an import means as TypeScript does, but without watching every folder in which it might appear: an import of the
 * project that was not found is looked for again at the next cell.
 */
function resolveModules(host, root) {
  let cache;
  const unfound = new Set();
  let forgotten = false;
  host.resolveModuleNameLiterals = (names, file, redirected, options) => {
    cache ??= original.createModuleResolutionCache(root, (name) => name, options);
    unfound.delete(file);
    return names.map(({ text }) => {
      // What is kept of names includes that a file is not there.
      const kept = isWithin(root, file) && original.isExternalModuleNameRelative(text) ? undefined : cache;
      const found = original.resolveModuleName(text, file, options, host, kept, redirected);
      if (!found.resolvedModule && isWithin(root, file)) unfound.add(file);
      return found;
    });
  };
  host.resolveTypeReferenceDirectiveReferences = (names, file, redirected, options) =>
    names.map((name) => {
      const text = typeof name === 'string' ? name : name.fileName;
      return original.resolveTypeReferenceDirective(text, file, options, host, redirected);
    });
  host.getModuleResolutionCache = () => cache;
  host.hasInvalidatedResolutions = (file) => unfound.has(file) || (forgotten && isWithin(root, file));
  return {
    /** A file is gone: what any module of the project imports is found anew for the next program. */
    forget: () => (forgotten = true),
    remember: () => (forgotten = false),
  };
}

function signatureOf(file) {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && `${found.mtimeMs} ${found.size} ${found.ino}`;
}

/**
 * tslab holds back the timer that rebuilds the program until a cell is run, and fails at any other: at the one that
 * TypeScript sets when files appear beside those imported, which in a project under work they do.
 */
function giveTimersOfItsOwn(host) {
  const { setTimeout: holdBack, clearTimeout: forget } = host;
  const others = new Set();
  host.setTimeout = (callback, delay, ...given) => {
    if (callback.name === 'updateProgramWithWatchStatus') return holdBack(callback, delay, ...given);
    const timer = setTimeout(() => {
      others.delete(timer);
      callback(...given);
    }, delay);
    others.add(timer);
    return timer;
  };
  host.clearTimeout = (timer) => {
    if (others.delete(timer)) clearTimeout(timer);
    else forget(timer);
  };
}

/** tslab's own output of an imported file takes the file's last expression for a result, and knows no `lib/index.ts`. */
function forCellsOnly(builder) {
  const program = builder.getProgram();
  // tslab reads a cell's names off the bound file before it asks for types.
  for (const file of program.getSourceFiles()) {
    if (isCell(file.fileName)) original.bindSourceFile(file, program.getCompilerOptions());
  }
  const { getTypeChecker } = program;
  let checker;
  program.getTypeChecker = () => (checker ??= spellingOutShorthands(getTypeChecker()));
  const { emit } = builder;
  builder.getAllDependencies = (file) => [file.fileName];
  builder.emit = (file, write, cancellation, declarationsOnly, transformers) =>
    emit(file, write, cancellation, declarationsOnly, { ...transformers, before: [spellOutShorthands] });
  return builder;
}

function spellingOutShorthands(checker) {
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) => {
    const { parent } = original.getOriginalNode(node);
    const isShorthand = parent !== undefined && original.isShorthandPropertyAssignment(parent);
    return isShorthand ? checker.getShorthandAssignmentValueSymbol(parent) : getSymbolAtLocation(node);
  };
  return checker;
}

/** `{ a }` becomes `{ a: a }`: tslab finds variables of earlier cells by their symbols, and takes a shorthand for a property. */
function spellOutShorthands(context) {
  const { factory } = context;
  const visit = (node) => {
    if (!original.isShorthandPropertyAssignment(node)) return original.visitEachChild(node, visit, context);
    const { name } = node;
    const value = original.setOriginalNode(factory.createIdentifier(name.text), name);
    return factory.createPropertyAssignment(factory.createIdentifier(name.text), value);
  };
  return (file) => original.visitNode(file, visit);
}
