/** JavaScript's own library as this Node has it: tslab's TypeScript knows that of 2022 and some of 2023. */
const { readFileSync } = require('node:fs');

/** Files of the project's TypeScript, and whether this Node runs what they declare. */
const files = [
  ['es2023.array', () => 'toSorted' in Array.prototype],
  ['es2024.collection', () => 'groupBy' in Map],
  ['es2024.object', () => 'groupBy' in Object],
  ['es2024.promise', () => 'withResolvers' in Promise],
  ['es2024.string', () => 'isWellFormed' in String.prototype],
  ['esnext.array', () => 'fromAsync' in Array],
  ['esnext.collection', () => 'union' in Set.prototype],
  ['esnext.promise', () => 'try' in Promise],
  ['esnext.error', () => 'isError' in Error],
];

/** The file of tslab's TypeScript that they are read in place of. */
exports.replaced = 'lib.es2023.array.d.ts';
exports.library = 'lib.es2023.d.ts';

exports.standardLibrary = function () {
  return (
    files
      .filter(([, runs]) => runs())
      .map(([name]) => readFileSync(require.resolve(`typescript/lib/lib.${name}.d.ts`), 'utf8'))
      .join('\n')
      .replace(/^\/\/\/.*$/gm, '')
      // Typed arrays of tslab's TypeScript do not say what kind of buffer they lie in.
      .replace(/<TArrayBuffer extends ArrayBufferLike>|<ArrayBuffer>/g, '')
  );
};
