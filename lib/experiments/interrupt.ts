/** Ctrl-C, a notebook's interrupt button and a scheduler's request to end: stop soon, and keep what is done. */

export interface InterruptibleWork {
  /** Aborts at the first SIGINT or SIGTERM, or with the signal given. */
  signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

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
  const release = () => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    outer?.removeEventListener('abort', stop);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (outer?.aborted) stop();
  else outer?.addEventListener('abort', stop);
  return { signal: controller.signal, release };
}
