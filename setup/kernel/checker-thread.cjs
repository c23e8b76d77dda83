/** The thread that checks types: it answers `checker.cjs`, one question after the other. */
const path = require('node:path');
const { setImmediate } = require('node:timers');
const { workerData } = require('node:worker_threads');
const { keepCompiledPackages } = require('./compiled-packages.cjs');

const { root, port } = workerData;
const packages = keepCompiledPackages(root, path.join(root, '.cache', 'compiled-checker.bin'));

function start() {
  const types = require('./cell-types.cjs').checkTypesOfCells(root);
  const { createConverter, isCompleteCode } = require('tslab/dist/converter');
  const { getCodeMetadata } = require('tslab/dist/metadata');
  const { convert, inspect, complete, addModule } = createConverter({ isJS: false, isBrowser: false });
  return {
    convert(held, ...given) {
      types.readAgain((file) => held.includes(file));
      // With the functions that checking a cell takes.
      setImmediate(packages.keep);
      return convert(...given);
    },
    /** What tslab prints of it: the rest cannot leave the thread. */
    inspect(...given) {
      const found = inspect(...given);
      return found && { displayParts: found.displayParts, documentation: found.documentation, tags: found.tags };
    },
    complete(...given) {
      const { start, end, candidates } = complete(...given);
      return { start, end, candidates };
    },
    addModule,
    isCompleteCode,
    getCodeMetadata,
    keep: packages.keep,
  };
}

let answers;
port.on('message', ({ asked, given, answered }) => {
  let message;
  try {
    answers ??= start();
    message = { value: answers[asked](...given) };
  } catch (error) {
    message = { error };
  }
  port.postMessage(message);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});

try {
  answers = start();
  // What the first cell of most notebooks imports.
  answers.inspect('', "import './lib';", 0);
} catch {
  // The cell that needs it says so.
}
