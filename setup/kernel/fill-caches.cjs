/** Opens the library as a kernel does, so that the first kernel finds what it keeps for the next: run by the set-up. */
const path = require('node:path');
const { startChecker } = require('./checker.cjs');
const { createLibrary } = require('./library.cjs');

const root = path.join(__dirname, '..', '..');
process.chdir(root);

let library;
const checker = startChecker({
  root,
  held: () => [],
  meanwhile() {
    while (library.loadNext());
  },
});
library = createLibrary(root);
checker.converter.createConverter().convert('', "import { run } from './lib';\nrun;");
checker.keep();
library.keep();
process.exit();
