/** The quickstart, executed through the real kernel, in the smoke profile on the embedded dataset. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(__dirname, '..', '..');
const notebook = path.join(root, 'notebooks', '00-quickstart.ipynb');

interface Output {
  output_type: string;
  name?: string;
  text?: string | string[];
  data?: Record<string, unknown>;
}
interface Cell {
  cell_type: 'code' | 'markdown';
  execution_count?: number | null;
  source: string | string[];
  outputs?: Output[];
}

const readCells = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { cells: Cell[] }).cells;
const textOf = (text: string | string[] = '') => [text].flat().join('');

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-notebook-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function execute(to: string): Promise<{ status: number | null; errors: string }> {
  const program = path.join(root, 'setup', 'execute-notebook.py');
  const child = spawn(path.join(root, '.venv', 'bin', 'python'), [program, notebook, '--to', to, '--timeout', '300'], {
    cwd: root,
    env: { ...process.env, HABA_PROFILE: 'smoke', HABA_DATASET: 'shapes', HABA_RESULTS: path.join(folder, 'results') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (part) => (errors += part));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, errors })));
}

test('every cell runs, nothing goes to stderr, and figures and tables are exported', async () => {
  const executed = path.join(folder, 'executed.ipynb');
  const { status, errors } = await execute(executed);
  assert.equal(status, 0, errors);
  const code = readCells(executed).filter((cell) => cell.cell_type === 'code');
  for (const { outputs = [], source } of code) {
    const complaints = outputs.filter(({ output_type, name }) => output_type === 'error' || name === 'stderr');
    assert.deepEqual(complaints, [], textOf(source));
  }
  const shown = code.flatMap(({ outputs = [] }) => outputs.flatMap(({ data = {} }) => Object.keys(data)));
  assert.ok(shown.includes('application/vnd.vegalite.v5+json'));
  assert.ok(shown.includes('image/svg+xml'));
  assert.ok(shown.includes('text/html'));

  const figures = readdirSync(path.join(folder, 'results', 'figures'));
  for (const name of ['quickstart-loss', 'quickstart-hallucinations', 'quickstart-accuracy']) {
    for (const ending of ['svg', 'pdf', 'png', 'json']) assert.ok(figures.includes(`${name}.${ending}`), name + ending);
  }
  const table = readFileSync(path.join(folder, 'results', 'tables', 'quickstart-accuracy.csv'), 'utf8');
  assert.equal(table.trim().split('\n').length, 5);
});

test('progress is one line that updates, not a page of lines', () => {
  const cells = readCells(path.join(folder, 'executed.ipynb'));
  const distilling = cells.find(({ source }) => textOf(source).includes("kind: 'haba'"));
  const outputs = distilling?.outputs ?? [];
  const lines = outputs.filter(({ output_type }) => output_type === 'display_data');
  assert.equal(lines.length, 1);
  assert.match(textOf(lines[0].data?.['text/plain'] as string), /^training students 90\/90 {2}student 3 /);
  const said = outputs.filter(({ name }) => name === 'stdout').map(({ text }) => textOf(text));
  assert.match(said.join(''), /^about [\d hmins]+ and [\d.]+ GB of memory/);
  assert.match(said.join(''), /^test accuracy [\d.]+ % .*stored in/m);
});

test('the committed notebook is executed in order, on CIFAR-10, without errors', () => {
  const code = readCells(notebook).filter((cell) => cell.cell_type === 'code');
  assert.deepEqual(
    code.map((cell) => cell.execution_count),
    code.map((_, place) => place + 1),
  );
  const outputs = code.flatMap((cell) => cell.outputs ?? []);
  assert.ok(outputs.every(({ output_type, name }) => output_type !== 'error' && name !== 'stderr'));
  assert.ok(outputs.some(({ text }) => textOf(text).includes('quickstart-accuracy.pdf')));
});
