/** Lines of JSON on stdout, for scripts and for whoever handed out a task: what came of a command is the last one. */
import type { RunResult } from '../runs/train-students';

export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printResult({ run, students, accuracy, storedFloats, ledger, seconds }: RunResult): void {
  printJson({ run, students, accuracy, storedFloats, ledger, seconds });
}
