/**
 * Loaded into each process that runs a file of tests: ends it when its time is over, and names it, whatever keeps it open, a native
 * call that never returns among them. `seconds` of this address says when.
 */
import path from 'node:path';
import { URL } from 'node:url';
import { Worker } from 'node:worker_threads';

/** What the process hears first; seconds after it, it is killed. */
const grace = 60;

const program = `
const { writeSync } = require('node:fs');
const { workerData: { file, seconds, grace } } = require('node:worker_threads');
setTimeout(() => {
  writeSync(2, file + ' did not end within ' + seconds + ' s, and is ended.\\n');
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1000 * grace);
}, 1000 * seconds);
`;

// The runner itself is given this, too, and may take longer.
if (process.env.NODE_TEST_CONTEXT !== undefined && process.argv[1]?.endsWith('.test.ts')) {
  const seconds = Number(new URL(import.meta.url).searchParams.get('seconds'));
  const file = path.relative(process.cwd(), process.argv[1]);
  new Worker(program, { eval: true, execArgv: [], workerData: { file, seconds, grace } }).unref();
}
