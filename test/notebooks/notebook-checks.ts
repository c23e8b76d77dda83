/** What holds of every executed notebook. */
import assert from 'node:assert/strict';
import type { NotebookCell } from '../../lib/reproduction/notebook-file';

export const codeOf = (cells: NotebookCell[]) => cells.filter((cell) => cell.cell_type === 'code');

/** Every cell was executed, one after the other, and none complained. */
export function assertExecuted(cells: NotebookCell[]): void {
  const code = codeOf(cells);
  assert.ok(code.length > 0, 'there is code');
  assert.deepEqual(
    code.map((cell) => cell.execution_count),
    code.map((_, place) => place + 1),
  );
  for (const { outputs, source } of code) {
    const complaints = outputs.filter(({ output_type, name }) => output_type === 'error' || name === 'stderr');
    assert.deepEqual(complaints, [], source);
  }
}

/** All forms in which anything is shown, e.g. 'image/svg+xml'. */
export function formsShown(cells: NotebookCell[]): Set<string> {
  return new Set(cells.flatMap(({ outputs }) => outputs.flatMap(({ data = {} }) => Object.keys(data))));
}
