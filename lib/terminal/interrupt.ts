/** Ctrl-C, a notebook's interrupt button and a scheduler's request to end: stop soon, and keep what is done. */

export interface InterruptibleWork {
  /** Aborts at the first SIGINT or SIGTERM, or with the signal given. */
  signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** How much work listens, for setup/start-kernel.cjs: what stops by itself, the kernel need not cut off. */
const listening = Symbol.for('haba.interruptible');
const counter = globalThis as unknown as Record<symbol, number | undefined>;

/**
 * Listens while work goes on. A second SIGINT meets no listener, and ends the process as usual.
 * @param outer a signal of the caller's own
 */
export function listenForInterrupt(outer?: AbortSignal): InterruptibleWork {
  const controller = new AbortController();
  const stop = () => {
    release();
    controller.abort();
  };
  let released = false;
  const release = () => {
    if (!released) counter[listening] = (counter[listening] ?? 1) - 1;
    released = true;
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    outer?.removeEventListener('abort', stop);
  };
  counter[listening] = (counter[listening] ?? 0) + 1;
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (outer?.aborted) stop();
  else outer?.addEventListener('abort', stop);
  return { signal: controller.signal, release };
}
