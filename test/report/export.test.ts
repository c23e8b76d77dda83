import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { writeSealed } from '../../lib/files/sealed-json';
import { setFiles, studentsFiles } from '../../lib/runs/run-files';
import { table } from 'arquero';
import { exportFigures, exportTables } from '../../lib/report/export';
import { imageGrid } from '../../lib/report/image-grid';
import { show } from '../../lib/report/show';

const identity = { kind: 'distillation', configuration: { seed: 3 }, dataChecksum: 'ab' };

let results: string;
let run: string;
before(() => {
  results = mkdtempSync(path.join(tmpdir(), 'haba-results-'));
  run = path.join(results, 'runs', 'haba-dm-shapes');
  mkdirSync(run, { recursive: true });
  const files = setFiles(run);
  writeSealed(files.configuration, 'shapes', identity);
  writeSealed(files.environment, 'shapes', { sessions: [{ commit: 'abc', seconds: 1 }] });
});
after(() => rmSync(results, { recursive: true, force: true }));

const figure = (runs: string[], grey = 0) =>
  imageGrid(
    { pixels: new Uint8Array(4).fill(grey), shape: [2, 2, 1] },
    { name: 'grid', rowLabels: ['cat'], columnLabels: ['1'], runs },
  );

test('a figure is four files; the last says which runs it shows, with configuration and commit', async () => {
  const written = await exportFigures([figure([run])], { results });
  assert.deepEqual(
    written.map((file) => path.relative(results, file)),
    ['svg', 'pdf', 'png', 'json'].map((extension) => path.join('figures', `grid.${extension}`)),
  );
  assert.equal(readFileSync(written[0], 'utf8'), figure([run]).svg);
  assert.deepEqual(JSON.parse(readFileSync(written[3], 'utf8')), {
    runs: [{ run: 'haba-dm-shapes', identity, environments: [{ commit: 'abc', seconds: 1 }] }],
  });
});

test('students stand under the run whose set they were trained on, with how, and on what', async () => {
  const students = path.join(run, 'students', 'ResNet18-160updates-test-0123456789');
  mkdirSync(students, { recursive: true });
  const recipe = { network: { name: 'ResNet18' }, evaluation: { updates: 160, split: 'test' } };
  const files = studentsFiles(students);
  writeSealed(files.configuration, '0123456789', recipe);
  writeSealed(files.environment, '0123456789', { sessions: [{ device: 'GPU, NVIDIA H200', seconds: 2 }] });
  const written = await exportFigures([figure([run, students])], { results });
  const { runs } = JSON.parse(readFileSync(written[3], 'utf8')) as { runs: { run: string; students: object[] }[] };
  assert.equal(runs.length, 1);
  assert.deepEqual(runs[0].students, [
    {
      students: 'students/ResNet18-160updates-test-0123456789',
      recipe,
      environments: [{ device: 'GPU, NVIDIA H200', seconds: 2 }],
    },
  ]);
});

test('exported again, a figure renews its own files and touches no others', async () => {
  const other = path.join(results, 'figures', 'other.svg');
  writeFileSync(other, 'kept');
  const [svg] = await exportFigures([figure([], 255)], { results });
  assert.equal(readFileSync(svg, 'utf8'), figure([], 255).svg);
  assert.equal(readFileSync(other, 'utf8'), 'kept');
});

test('a figure of a run that is gone is refused by the file that is missing', async () => {
  const folder = path.join(results, 'elsewhere');
  await assert.rejects(
    exportFigures([figure([path.join(results, 'runs', 'gone')])], { results: folder }),
    /gone.configuration\.json/,
  );
  assert.deepEqual(existsSync(path.join(folder, 'figures')) ? readdirSync(path.join(folder, 'figures')) : [], []);
});

test('results that cannot be written: the advice names the variable for results', async () => {
  const file = path.join(results, 'file');
  writeFileSync(file, 'mine');
  const refused = /^Error: .*cannot be written: a file stands .* choose another folder \(HABA_RESULTS\)\.$/;
  await assert.rejects(exportFigures([figure([run])], { results: file }), refused);
  assert.throws(() => exportTables([], { results: file }), refused);
});

test('a table is five files: CSV, Markdown, LaTeX, macros, and where its numbers came from', () => {
  const written = exportTables([{ name: 'sizes', runs: [run], table: table({ set: ['HaBa'], floats: [5] }) }], {
    results,
  });
  assert.deepEqual(
    written.map((file) => path.relative(results, file)),
    ['sizes.csv', 'sizes.md', 'sizes.tex', 'sizes-macros.tex', 'sizes.json'].map((file) => path.join('tables', file)),
  );
  assert.equal(readFileSync(written[0], 'utf8'), 'set,floats\nHaBa,5\n');
});

test('outside a notebook, show prints what there is as text', (context) => {
  const lines: string[] = [];
  const write = context.mock.method(process.stdout, 'write', (line: string) => lines.push(line) > 0);
  show(figure([]));
  show({ name: 'sizes', runs: [], table: table({ set: ['HaBa'] }) });
  write.mock.restore();
  assert.equal(lines[0], 'figure grid\n');
  assert.match(lines[1], /^\|set\|\n\|:?-+\|\n\|HaBa\|/);
});
