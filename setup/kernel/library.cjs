/** What cells import most, made ready before they do: the library, with the packages that it takes as they were compiled. */
const path = require('node:path');
const { keepCompiledPackages } = require('./compiled-packages.cjs');

/**
 * From now on modules of TypeScript can be loaded.
 * @param {string} root the project's folder
 * @returns {{ loadNext: () => boolean, keep: () => void }} `loadNext` loads a part, and says whether there was one left: between two
 * parts messages can be answered; `keep` keeps what Node compiled for the next kernel
 */
exports.createLibrary = function (root) {
  require('tsx/cjs');
  const { keep } = keepCompiledPackages(root, path.join(root, '.cache', 'compiled-packages.bin'));
  // TensorFlow takes the longest.
  const parts = ['lib/tensor/tensorflow', 'lib'];
  return {
    keep,
    loadNext() {
      const part = parts.shift();
      if (part === undefined) return false;
      try {
        require(path.join(root, part));
      } catch {
        // What cannot be loaded says so to the cell that needs it.
      }
      return true;
    },
  };
};
