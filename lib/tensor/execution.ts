/** How compiled functions run: as graphs of TensorFlow, or operation by operation, to look into them or to find what a graph hides. */
import { AsyncLocalStorage } from 'node:async_hooks';

export type Execution = 'compiled' | 'eager';

/** One a process: a program that loads this module by `import` and by `require` has it twice. */
const place = Symbol.for('haba: execution');
const scope = ((globalThis as { [place]?: AsyncLocalStorage<Execution> })[place] ??= new AsyncLocalStorage());

/**
 * Runs something, and all that it awaits, in a mode: `await withExecution('eager', () => run({ ... }))`. Functions that were compiled
 * before go by it, too.
 * @returns what `work` returns
 */
export function withExecution<Result>(mode: Execution, work: () => Result): Result {
  return scope.run(mode, work);
}

/**
 * The mode of the innermost scope; outside of all, HABA_EXECUTION if set, else 'compiled'.
 * @throws RangeError for a value of HABA_EXECUTION that is none
 */
export function execution(): Execution {
  const mode = scope.getStore() ?? process.env.HABA_EXECUTION;
  if (mode === undefined || mode === '') return 'compiled';
  if (mode === 'compiled' || mode === 'eager') return mode;
  throw new RangeError(`HABA_EXECUTION is '${mode}'; allowed are 'compiled' and 'eager'.`);
}
