/**
 * Starts the tslab kernel at the project's root, since tslab imports nothing from outside its working directory. tslab checks
 * the types of each cell, and runs it; what a cell imports is run by tsx, as it is outside of notebooks, and checked by npm test.
 */
const path = require('node:path');
const { clearTimeout, setTimeout } = require('node:timers');

process.chdir(path.join(__dirname, '..'));

const typescript = require.resolve('@tslab/typescript-for-tslab');
const original = require(typescript);
const isCell = (file) => /^__tslab__\.[jt]s$/.test(path.basename(file.fileName));

require.cache[typescript].exports = {
  ...original,
  createWatchCompilerHost(files, options, ...rest) {
    // Without strict null checks zod's types, and so every configuration, lose their required keys.
    const ours = { ...options, strictNullChecks: true, types: ['node'] };
    const host = withTimersOfItsOwn(original.createWatchCompilerHost(files, ours, ...rest));
    let listener;
    return Object.defineProperty(host, 'afterProgramCreate', {
      get: () => listener,
      set(given) {
        listener = (program) => given(emittingCellsOnly(program));
      },
    });
  },
  // Checking all of lib/ anew would add some ten seconds to the first cell.
  getPreEmitDiagnosticsOfFiles: (program, files) =>
    original.getPreEmitDiagnosticsOfFiles(program, files.filter(isCell)),
};

/**
 * tslab holds back the timer that rebuilds the program until a cell is run, and fails at any other: at the one that
 * TypeScript sets when files appear beside those imported, which in a project under work they do.
 */
function withTimersOfItsOwn(host) {
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
  return host;
}

/** tslab's own output of an imported file takes the file's last expression for a result, and knows no `lib/index.ts`. */
function emittingCellsOnly(program) {
  const { emit } = program;
  const checker = program.getProgram().getTypeChecker();
  const { getSymbolAtLocation } = checker;
  checker.getSymbolAtLocation = (node) => {
    const { parent } = original.getOriginalNode(node);
    const isShorthand = parent !== undefined && original.isShorthandPropertyAssignment(parent);
    return isShorthand ? checker.getShorthandAssignmentValueSymbol(parent) : getSymbolAtLocation(node);
  };
  program.emit = (file, write, cancellation, declarationsOnly, transformers) => {
    if (isCell(file))
      emit(file, write, cancellation, declarationsOnly, { ...transformers, before: [spellOutShorthands] });
  };
  return program;
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

// It listens to SIGINT as soon as it is loaded. Loaded by a cell, Node would take that listener for its own, and the interrupt
// button would end the kernel instead of the cell.
require('proper-lockfile');

/** tslab cuts a cell off at an interrupt; a run of the library stops by itself, within an iteration, and says where it is kept. */
const { on } = process;
process.on = function (event, listener) {
  if (event !== 'SIGINT') return on.call(this, event, listener);
  process.on = on;
  return on.call(this, event, () => {
    if (!(globalThis[Symbol.for('haba.interruptible')] > 0)) listener();
  });
};

const { main } = require('tslab/dist/main');
require('tsx/cjs');
main();
