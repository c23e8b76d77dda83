/** `npm run setup`, `npm start` and `npm test` come in here: Node is checked before anything else is loaded. */
import { SetupError } from './console.mjs';
import { requireNode } from './node-version.mjs';

const programs = { setup: './set-up.mjs', start: './start.mjs', test: './test.mjs' };

async function main([program, ...given]) {
  requireNode(process.versions.node);
  const { main: run } = await import(programs[program]);
  process.exitCode = await run(given);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
