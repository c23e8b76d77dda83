/** Executing a notebook where Python itself says things: what is no event stops nothing, and is told when it was the last word. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { executeNotebook } from '../../lib/reproduction/execute-notebook';
import { readNotebook } from '../../lib/reproduction/notebook-file';
import { writeNotebookOf } from './write-notebook';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-execute-'));
  writeNotebookOf(path.join(folder, 'sum.ipynb'), ['1 + 1']);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Executes the notebook with a Python that does this as it starts. */
async function execute(program: string): Promise<number[]> {
  writeFileSync(path.join(folder, 'sitecustomize.py'), program);
  const cells: number[] = [];
  await executeNotebook(path.join(folder, 'sum.ipynb'), {
    to: path.join(folder, 'executed.ipynb'),
    environment: { PYTHONPATH: folder },
    onCell: (cell) => cells.push(cell),
  });
  return cells;
}

test('lines that Python prints between the events, JSON or not, are passed over', async () => {
  const cells = await execute(`print("DeprecationWarning: {old}")\nprint("null")\nprint('{"cell": "one"}')\nprint()\n`);
  assert.deepEqual(cells, [1]);
  const [{ outputs }] = readNotebook(path.join(folder, 'executed.ipynb'));
  assert.equal(outputs[0].text, '2\n');
});

test('a Python that ends with a printed line is quoted by it', async () => {
  await assert.rejects(execute('import os\nprint("no licence for this machine", flush=True)\nos._exit(3)\n'), {
    name: 'NotebookFailed',
    message: 'sum, cell 0 of 0: no licence for this machine',
  });
});
