/** Stored runs as a table, over seeds: means and intervals are those that a hand computes. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { writeSealed } from '../../lib/files/sealed-json';
import { runsJson, runsTable } from '../../lib/report/runs-table';
import { writeRunsPage } from '../../lib/reproduction/runs-page';
import { writeRun } from '../runs/stored-runs';

let runs: string;
let best: string;
before(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-view-'));
  const images = { kind: 'images', ipc: 1 } as const;
  // Means of 40, 43 and 49 %.
  for (const [seed, accuracies] of [[0.4], [0.41, 0.45], [0.47, 0.51]].entries()) {
    writeRun(runs, { set: images, matching: { method: 'dm' }, seed }, { accuracies });
  }
  // Not another setting: how often is saved.
  writeRun(runs, { set: images, matching: { method: 'dm' }, iterations: 9, checkpointEvery: 2 }, { accuracies: [0.6] });
  best = writeRun(runs, { set: images, matching: { method: 'dm' }, iterations: 9, seed: 1 }, { accuracies: [0.8] });
  mkdirSync(path.join(runs, 'old-<one>-0123456789'));
  writeFileSync(path.join(runs, 'old-<one>-0123456789', 'configuration.json'), '{"configuration": {}}');
});
after(() => rmSync(runs, { recursive: true, force: true }));

const rows = (options: Parameters<typeof runsTable>[0]) =>
  runsTable({ ...options, runs }).table.objects() as Record<string, unknown>[];

test('over seeds: mean, 95 % interval by t, and the deviation over students', () => {
  const found = rows({ group: true, sort: 'accuracy', descending: true, columns: ['iterations'] });
  assert.deepEqual(
    found.map((row) => [row.seeds, row['accuracy (%)'], row['95 % interval over seeds (%)'], row.state]),
    [
      // 70 +- 12.706 * 14.142 / sqrt(2)
      ['0, 1', 70, '-57.1 to 197.1', 'finished'],
      // 44 +- 4.3027 * 4.5826 / sqrt(3)
      ['0, 1, 2', 44, '32.6 to 55.4', 'finished'],
      ['', null, null, 'old'],
    ],
  );
  assert.deepEqual(
    found.slice(0, 2).map(({ iterations }) => iterations),
    ['9', found[1].iterations],
  );
  // Both pairs of students are 4 points apart: sqrt(8) = 2.83.
  assert.equal(found[1]['deviation over students (%)'], 2.8);
  assert.equal(found[0]['deviation over students (%)'], null);
});

test('one by one, sorted: what has no number is last either way; a column that there is not is refused', () => {
  for (const descending of [false, true]) {
    const values = rows({ sort: 'accuracy (%)', descending }).map((row) => row['accuracy (%)']);
    assert.deepEqual(values, [...(descending ? [80, 60, 49, 43, 40] : [40, 43, 49, 60, 80]), null]);
  }
  assert.throws(() => rows({ sort: 'acuracy' }), /no column 'acuracy' to sort by; .* Did you mean 'accuracy'\?/);
  assert.throws(() => rows({ columns: ['matching.metod'] }), /did you mean 'matching\.method'/);
});

test('for programs, numbers are in full', () => {
  const [group] = runsJson({ runs, group: true, where: { iterations: 9 } }) as { accuracy: { mean: number } }[];
  assert.ok(Math.abs(group.accuracy.mean - 0.7) < 1e-12);
  const [row] = runsJson({ runs, seed: 1, where: { iterations: 9 } }) as { run: string; settings: object }[];
  assert.equal(row.run, best);
  assert.equal((row.settings as Record<string, unknown>)['matching.method'], 'dm');
});

test("the page says all of a run whose configuration today's defaults do not take", () => {
  const own = mkdtempSync(path.join(tmpdir(), 'haba-view-strange-'));
  try {
    const folder = path.join(own, 'runs', 'strange-0123456789');
    mkdirSync(folder, { recursive: true });
    const configuration = { profile: 'smoke', iterations: -1, of: { those: 'days' } };
    const identity = { kind: 'distillation', configuration, dataChecksum: 'ab' };
    writeSealed(path.join(folder, 'configuration.json'), '0123456789', identity);
    const page = readFileSync(writeRunsPage({ results: own, runs: path.join(own, 'runs') }), 'utf8');
    const text = page
      .replaceAll(/<[^>]*>/g, ' ')
      .replaceAll('&#34;', '"')
      .replaceAll(/\s+/g, ' ');
    assert.match(text, /strange-0123456789 key value profile "smoke" iterations -1 of \{"those":"days"\}/);
  } finally {
    rmSync(own, { recursive: true });
  }
});

test('the page has every run and asks nothing of the internet', () => {
  const results = path.join(runs, 'no-run');
  const page = readFileSync(writeRunsPage({ results, runs }), 'utf8');
  assert.match(page, /44\.0<.*32\.6 to 55\.4/);
  assert.match(page, new RegExp(best));
  assert.ok(page.includes('old-&#60;one&#62;-0123456789') && !page.includes('<one>'));
  assert.doesNotMatch(page, /<script|<link|src=|href="http|url\(/);
});
