/** Starts the tslab kernel at the project's root: tslab imports nothing from outside its working directory. */
const path = require('node:path');

process.chdir(path.join(__dirname, '..'));
require('tslab/dist/main').main();
