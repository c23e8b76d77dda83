/**
 * Loaded into a task before it begins: as long as the file `while` of this address is there, each of its iterations takes a second.
 * A task that is to be disturbed is at work until it was, however fast the machine is.
 */
import { existsSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { URL, fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL(import.meta.url).searchParams.get('while'));
const nobody = new Int32Array(new SharedArrayBuffer(4));
const slowDown = () =>
  setInterval(() => {
    if (existsSync(file)) Atomics.wait(nobody, 0, 0, 1000);
  }, 0).unref();

// What comes before takes its time as it is.
const { write } = process.stdout;
process.stdout.write = (...given) => {
  if (String(given[0]).includes('"name":"distilling"')) slowDown();
  return write.apply(process.stdout, given);
};
