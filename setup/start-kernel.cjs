/**
 * Starts the tslab kernel at the project's root, since tslab imports nothing from outside its working directory. tslab checks
 * the types of each cell, and runs it; what a cell imports is run by tsx, as it is outside of notebooks, and checked by npm test.
 */
const console = require('node:console');
const Module = require('node:module');
const path = require('node:path');
const { setTimeout } = require('node:timers');
const { startChecker } = require('./kernel/checker.cjs');
const { createFreshModules } = require('./kernel/fresh-modules.cjs');
const { createLibrary } = require('./kernel/library.cjs');

const root = path.join(__dirname, '..');
process.chdir(root);

let library;
const checker = startChecker({
  root,
  held: () => modules.held(),
  meanwhile(source) {
    if (/['"]\.\/lib['"/]/.test(source)) while (library.loadNext());
  },
});
replace('tslab/dist/converter', checker.converter);
replace('tslab/dist/metadata', checker.metadata);
function replace(name, exports) {
  const file = require.resolve(name);
  require.cache[file] = Object.assign(new Module(file), { filename: file, loaded: true, exports });
}

// What registers kernels and gradients with TensorFlow.js, which keeps them for as long as the process runs.
const modules = createFreshModules({ root, lasting: path.join(root, 'lib', 'tensor') });
library = createLibrary(root);

const executors = require('tslab/dist/executor');
const { createExecutor } = executors;
executors.createExecutor = (...given) => {
  const executor = createExecutor(...given);
  globalThis.__tslab__ = modules.forCells(globalThis.__tslab__);
  const { execute } = executor;
  executor.execute = (source) => {
    const told = modules.refresh();
    if (told.length > 0) {
      console.error(
        `${told.join(', ')} changed since it was loaded, and can be loaded once only: restart the kernel (Kernel > Restart ` +
          'Kernel) to run cells with the change; until then they run without it.',
      );
    }
    return execute(source);
  };
  whenAsked(getReady);
  return executor;
};
const { answerAllMessages, sendInTurn, whenAsked } = require('./kernel/messages.cjs');
const { Publisher, Router } = Module.createRequire(require.resolve('tslab/dist/jupyter'))('zeromq');
sendInTurn([Publisher, Router]);
answerAllMessages();

/** JupyterLab is drawing the notebook, and its reader reads: meanwhile the library is made ready for the first cell. */
function getReady() {
  const next = () => {
    // Messages that came meanwhile go first.
    if (library.loadNext()) setTimeout(next, 20);
    else library.keep();
  };
  setTimeout(next, 20);
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

require('tslab/dist/main').main();
