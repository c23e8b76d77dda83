/** What the set-up prints: a line for each step that had something to do, and one sentence for what stops it. */

/** A mistake that the person at the keyboard can mend: printed as its sentence, without a stack. */
export class SetupError extends Error {}

/**
 * Runs one step and says what it does and how long it took; silent when there is nothing to do.
 * @param {string} what printed while the step runs
 * @param {() => boolean} isDone quick check whether an earlier run has finished it
 * @param {() => void} work
 */
export function step(what, isDone, work) {
  if (isDone()) return;
  process.stderr.write(`${what} ...\n`);
  const began = performance.now();
  work();
  process.stderr.write(`${what}: done in ${secondsSince(began)} s\n`);
}

/** Seconds since a moment of performance.now(), to a tenth. */
export function secondsSince(began) {
  return ((performance.now() - began) / 1000).toFixed(1);
}
