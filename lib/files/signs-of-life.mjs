/**
 * A thread that gives a lock's signs of life. A thread, since a step that computes for minutes would hold a timer up; and one
 * that stops with its process, since who is suspended gives no sign.
 */
import { readFileSync, utimesSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { parentPort, workerData } from 'node:worker_threads';

/** `lastSign` is shared: when the last sign was given, in milliseconds since 1970. */
const { file, token, seconds, lastSign } = workerData;

setInterval(() => {
  try {
    if (!readFileSync(file, 'utf8').includes(token)) {
      parentPort.postMessage('lost');
      return;
    }
    const now = new Date();
    utimesSync(file, now, now);
    Atomics.store(lastSign, 0, BigInt(now.getTime()));
  } catch (error) {
    // What else can go wrong may go right the next time.
    if (error.code === 'ENOENT') parentPort.postMessage('lost');
  }
}, seconds * 1000);
