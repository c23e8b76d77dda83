/** What cells import most, made ready before they do: the library, with the packages that it takes as they were compiled. */
const Module = require('node:module');
const path = require('node:path');
const { keepCompiledPackages } = require('./compiled-packages.cjs');

/**
 * From now on modules of TypeScript can be loaded.
 * @param {string} root the project's folder
 * @returns {{ loadNext: () => boolean, keep: () => void }} `loadNext` loads a part, and says whether there was one left: between two
 * parts messages can be answered; `keep` keeps what Node compiled for the next kernel
 */
exports.createLibrary = function (root) {
  translateAfterInterrupts();
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

/**
 * An interrupt goes to all processes of the kernel, and ends that of esbuild, which translates for tsx: the next module that is new or
 * was edited gets another.
 */
function translateAfterInterrupts() {
  const file = Module.createRequire(require.resolve('tsx/cjs')).resolve('esbuild');
  let esbuild = require(file);
  require.cache[file].exports = {
    ...esbuild,
    transformSync(...given) {
      try {
        return esbuild.transformSync(...given);
      } catch (error) {
        // A mistake in the module comes with where it is.
        if (error.errors !== undefined) throw error;
        delete require.cache[file];
        esbuild = require(file);
        return esbuild.transformSync(...given);
      }
    },
  };
}
