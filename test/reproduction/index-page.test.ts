import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { writeSealed } from '../../lib/files/sealed-json';
import { setFiles } from '../../lib/runs/run-files';
import { table } from 'arquero';
import { exportFigures, exportTables } from '../../lib/report/export';
import { imageGrid } from '../../lib/report/image-grid';
import { gather, writeIndexPage } from '../../lib/reproduction/index-page';

let folder: string;
let results: string;
let page: string;

const grid = (name: string, runs: string[]) =>
  imageGrid({ pixels: new Uint8Array(4), shape: [2, 2, 1] }, { name, rowLabels: ['cat'], columnLabels: ['1'], runs });

const markdown = (source: string) => ({ cell_type: 'markdown', metadata: {}, source: source.split(/(?<=\n)/) });
const code = (source: string, outputs: object[] = []) => ({
  ...{ cell_type: 'code', metadata: {}, execution_count: 1 },
  source,
  outputs,
});
const shown = (name: string) => ({
  output_type: 'display_data',
  metadata: {},
  data: { 'text/plain': [`figure ${name}`] },
});
const printed = (text: string) => ({ output_type: 'stream', name: 'stdout', text });

function writeNotebook(file: string, ...cells: object[]): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ cells }));
}

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-page-'));
  results = path.join(folder, 'results');
  const run = path.join(folder, 'runs', 'haba-dm-shapes-0123456789');
  mkdirSync(run, { recursive: true });
  const files = setFiles(run);
  writeSealed(files.configuration, '0123456789', {
    kind: 'distillation',
    configuration: { seed: 3 },
    dataChecksum: 'ab',
  });
  const sessions = [
    { commit: 'old', seconds: 1 },
    { began: '2026-01-02T03:04:05Z', commit: 'abcdef0123', modified: true, device: 'a <CPU>', seconds: 2 },
  ];
  writeSealed(files.environment, '0123456789', { sessions });
  await exportFigures([grid('spread', [run]), grid('accuracy', []), grid('unnamed', [])], { results });
  exportTables(
    [
      { name: 'accuracy', runs: [run], table: table({ set: ['HaBa <1>', 'images'], 'accuracy (%)': [39.5, 40] }) },
      { name: 'sizes', runs: [], table: table({ floats: [5] }) },
    ],
    { results },
  );
  writeNotebook(
    path.join(folder, 'notebooks', '01-first.ipynb'),
    markdown('# A *first* question\n\nWhat we want to know.'),
    markdown('## Set up'),
    code("import { run } from './lib';"),
    markdown('## 1. How far do they spread?\n\nLook at **both** ends.'),
    code("accuracyTable('accuracy', rows)"),
    code("const name = 'spread';"),
    code('show(figure)', [shown('spread')]),
    markdown('**Reading.** By 0.3.\n\nThat is little.'),
    markdown('## 2. Files'),
    code('show(another)', [shown('accuracy')]),
    code('exportAll()', [printed('results/figures/spread.svg\nresults/tables/sizes.csv\n')]),
  );
  writeNotebook(path.join(results, 'unfinished', '02-second.ipynb'), markdown('# A second one'));
  page = writeIndexPage({ results, notebooks: path.join(folder, 'notebooks'), settings: 'quick, cifar10' });
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('in the order of the notebook: sections that show something, each result once, where it is shown', () => {
  const { notebooks, others } = gather({ results, notebooks: path.join(folder, 'notebooks'), settings: '' });
  assert.deepEqual(
    notebooks.map(({ name, file, unfinished }) => ({ name, file, unfinished })),
    [
      { name: '01-first', file: '../notebooks/01-first.ipynb', unfinished: undefined },
      { name: '02-second', file: undefined, unfinished: 'unfinished/02-second.ipynb' },
    ],
  );
  const outline = notebooks[0].sections.map((blocks) =>
    blocks.map((block) => ('files' in block ? `${block.kind} ${block.name}` : block.kind)),
  );
  assert.deepEqual(outline, [
    ['text', 'table accuracy', 'figure spread', 'reading'],
    ['text', 'figure accuracy', 'table sizes'],
  ]);
  assert.deepEqual(
    others.map(({ name }) => name),
    ['unnamed'],
  );
});

test('numbers as the files say, aligned by their decimals; signs of HTML as signs', () => {
  const html = readFileSync(page, 'utf8');
  assert.match(html, /<td>HaBa &#60;1&#62;<\/td><td class="number">39\.5<\/td>/);
  assert.match(html, /<td>images<\/td><td class="number">40\.0<\/td>/);
  assert.match(html, /<th class="number">accuracy \(%\)<\/th>/);
  assert.equal(html.match(/<tr>/g)?.length, 3 + 2, 'no row for the end of a file');
  assert.match(html, /<h2>A <em>first<\/em> question<\/h2>/);
  assert.match(html, /<h3>1\. How far do they spread\?<\/h3>/);
  assert.match(html, /<div class="reading"><p><strong>Reading\.<\/strong> By 0\.3\.<\/p>\n<p>That is little\.<\/p>/);
});

test('provenance: the run, and of its last session day, commit and device', () => {
  const html = readFileSync(page, 'utf8');
  assert.match(html, /<summary>Provenance: 1 run, commit abcdef0 \(modified\)<\/summary>/);
  assert.match(html, /haba-dm-shapes-0123456789<\/code><br>2026-01-02, commit abcdef0 \(modified\), a &#60;CPU&#62;</);
  assert.match(html, /<summary>Provenance: no run<\/summary>/);
  assert.match(html, /quick, cifar10 · 2 notebooks · 3 figures · 2 tables · 1 run</);
});

test('the page needs nothing from elsewhere: no scripts, and every link is a file that is there', () => {
  const html = readFileSync(page, 'utf8');
  assert.doesNotMatch(html, /<script|https?:|@import|url\(/);
  const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link);
  for (const link of links) {
    if (link.startsWith('#')) assert.ok(html.includes(`id="${link.slice(1)}"`), link);
    else assert.ok(existsSync(path.join(results, link)), link);
  }
  assert.equal(links.filter((link) => link.endsWith('.png')).length, 2 * 3);
});

test('the same results are the same page', () => {
  const before = readFileSync(page, 'utf8');
  writeIndexPage({ results, notebooks: path.join(folder, 'notebooks'), settings: 'quick, cifar10' });
  assert.equal(readFileSync(page, 'utf8'), before);
});
