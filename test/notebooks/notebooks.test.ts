/** All notebooks: as committed, and executed anew through the real kernel, in the smoke profile on the embedded dataset. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { findNotebooks, notebookName, readNotebook } from '../../lib/reproduction/notebook-file';
import { assertExecuted, codeOf, formsShown } from './notebook-checks';
import { root, startReproducing } from './reproduce-command';

const notebooks = findNotebooks(path.join(root, 'notebooks'));

let results: string;
let finished: Awaited<ReturnType<typeof startReproducing>['finished']>;
before(async () => {
  results = mkdtempSync(path.join(tmpdir(), 'haba-notebooks-'));
  // One folder of runs for all: what several notebooks ask for is run once.
  const places = ['--results', results, '--runs', path.join(results, 'runs'), '--experts', path.join(results, 'experts')];
  finished = await startReproducing('--profile', 'smoke', '--dataset', 'shapes', ...places).finished;
});
after(() => rmSync(results, { recursive: true, force: true }));

const executed = (name: string) => readNotebook(path.join(results, 'notebooks', `${name}.ipynb`));

test('npm run reproduce executes all of them, says how far it is, and where the page is', () => {
  const { status, stdout, stderr } = finished;
  assert.equal(status, 0, stderr);
  assert.ok(notebooks.length > 0);
  for (const name of notebooks.map(notebookName)) assert.match(stderr, new RegExp(`^${name}: done in `, 'm'));
  assert.equal(stdout, `${path.join(results, 'index.html')}\n`);
  assert.ok(!existsSync(path.join(results, 'unfinished')));
});

for (const file of notebooks) {
  const name = notebookName(file);

  test(`${name}: every cell runs, nothing goes to stderr; charts have a static form beside the interactive one`, () => {
    const cells = executed(name);
    assertExecuted(cells);
    assert.equal(cells.length, readNotebook(file).length);
    for (const form of ['application/vnd.vegalite.v5+json', 'image/svg+xml', 'text/html']) {
      assert.ok(formsShown(cells).has(form), form);
    }
    for (const { data = {} } of cells.flatMap(({ outputs }) => outputs)) {
      if ('application/vnd.vegalite.v5+json' in data) assert.match(String([data['image/svg+xml']].flat()[0]), /^<svg/);
    }
  });

  test(`${name}: as committed it is executed in order, without errors, on no dataset but the one it names`, () => {
    const cells = readNotebook(file);
    // One that says so has nothing to show.
    if (cells.some(({ source }) => source.includes('**Not executed yet.**'))) {
      for (const { execution_count, outputs } of codeOf(cells)) assert.deepEqual([execution_count, outputs], [null, []]);
      return;
    }
    assertExecuted(cells);
    const said = cells.flatMap(({ outputs }) => outputs.map(({ text = '' }) => text)).join('');
    assert.doesNotMatch(said, /going on with the embedded dataset/);
    assert.match(said, /results\/figures\/[\w-]+\.pdf/, 'its figures were exported');
  });
}

test('the page shows every figure and every table that was exported, and links to what is there', () => {
  const page = readFileSync(path.join(results, 'index.html'), 'utf8');
  const exported = (folder: string, ending: string) =>
    readdirSync(path.join(results, folder)).filter((file) => file.endsWith(ending));
  for (const file of exported('figures', '.png')) assert.ok(page.includes(`<img src="figures/${file}"`), file);
  for (const file of exported('tables', '.csv')) assert.ok(page.includes(`href="tables/${file}"`), file);
  for (const [, link] of page.matchAll(/(?:href|src)="([^"#]+)"/g)) {
    if (!link.startsWith('https://')) assert.ok(existsSync(path.join(results, decodeURIComponent(link))), link);
  }
});

test('quickstart: figures and a table of four rows are exported', () => {
  const figures = readdirSync(path.join(results, 'figures'));
  for (const name of ['quickstart-loss', 'quickstart-hallucinations', 'quickstart-accuracy']) {
    for (const ending of ['svg', 'pdf', 'png', 'json']) assert.ok(figures.includes(`${name}.${ending}`), name + ending);
  }
  const table = readFileSync(path.join(results, 'tables', 'quickstart-accuracy.csv'), 'utf8');
  assert.equal(table.trim().split('\n').length, 5);
});

test('quickstart: progress is one line that updates, not a page of lines', () => {
  const distilling = codeOf(executed('00-quickstart')).find(({ source }) => source.includes("kind: 'haba'"));
  const outputs = distilling?.outputs ?? [];
  const lines = outputs.filter(({ output_type }) => output_type === 'display_data');
  assert.equal(lines.length, 1);
  assert.match([lines[0].data?.['text/plain']].flat().join(''), /^training students 90\/90 {2}student 3 /);
  const said = outputs.filter(({ name }) => name === 'stdout').map(({ text = '' }) => text);
  assert.match(said.join(''), /^about [\d hmins]+ and [\d.]+ GB of memory/);
  assert.match(said.join(''), /^test accuracy [\d.]+ % .*stored in/m);
});
