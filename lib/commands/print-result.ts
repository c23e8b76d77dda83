import type { RunResult } from '../runs/train-students';

/** The last line of stdout: what a script reads. */
export function printResult({ run, students, accuracy, storedFloats, ledger, seconds }: RunResult): void {
  process.stdout.write(`${JSON.stringify({ run, students, accuracy, storedFloats, ledger, seconds })}\n`);
}
