/**
 * Loaded into a task before it begins: as long as the file `while` of this address is there, each of its steps takes a second.
 * A task that is to be disturbed is at work until it was, however fast the machine is.
 */
import { existsSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { URL, fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL(import.meta.url).searchParams.get('while'));
const nobody = new Int32Array(new SharedArrayBuffer(4));
setInterval(() => {
  if (existsSync(file)) Atomics.wait(nobody, 0, 0, 1000);
}, 0).unref();
