/** A notebook in JupyterLab itself: run as a whole, then one cell changed and run again. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import {
  commandPath,
  drawnCharts,
  executedAs,
  findChromium,
  kernelReady,
  rewriteAndRun,
  runAllCells,
  shownCells,
  startJupyterLab,
  type JupyterLab,
} from './jupyter-lab';
import { codeOf } from './notebook-checks';
import { root } from './reproduce-command';
import { readNotebook } from '../../lib/reproduction/notebook-file';

const chromium = findChromium();
const skip = chromium ? false : 'no chromium on this machine (HABA_CHROMIUM names one)';

/** The notebook, and what a reader changes in it: one weight in one cell, after which only runs of that setting are run. */
const notebook = '04-constraint-ablation';
const change = { from: 'both: { cosine: 0.1,', to: 'both: { cosine: 0.2,' };

// JupyterLab saves what it opens: a copy, in a folder that git ignores.
const copy = path.join('.artifacts', 'jupyterlab', `${notebook}.ipynb`);
const picture = (name: string) => path.join(root, '.artifacts', 'jupyterlab', `${name}.png`);

let folder: string;
let lab: JupyterLab;
let browser: Browser;
let page: Page;
const failures: string[] = [];

before(async () => {
  if (skip) return;
  folder = mkdtempSync(path.join(tmpdir(), 'haba-jupyterlab-'));
  mkdirSync(path.dirname(path.join(root, copy)), { recursive: true });
  const original = readFileSync(path.join(root, 'notebooks', `${notebook}.ipynb`), 'utf8');
  const content = JSON.parse(original) as { cells: { cell_type: string; outputs?: unknown[]; execution_count?: null }[] };
  // Nothing is shown but what is made here.
  for (const cell of content.cells) if (cell.cell_type === 'code') Object.assign(cell, { outputs: [], execution_count: null });
  writeFileSync(path.join(root, copy), JSON.stringify(content));
  const results = path.join(folder, 'results');
  lab = await startJupyterLab(folder, { HABA_PROFILE: 'smoke', HABA_DATASET: 'shapes', HABA_RESULTS: results });
  browser = await puppeteer.launch({
    executablePath: commandPath(chromium!),
    // As root, which in a container is the only user there is, chromium has no sandbox.
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  });
  page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 1000 });
  page.on('pageerror', (error) => failures.push(String(error)));
});
after(async () => {
  await browser?.close();
  await lab?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test('all cells run, without an error; JupyterLab draws the charts itself', { skip }, async () => {
  await page.goto(lab.address(copy));
  await kernelReady(page, 180_000);
  const count = codeOf(readNotebook(path.join(root, copy))).length;
  await runAllCells(page);
  try {
    await executedAs(page, count - 1, count, 400_000);
  } finally {
    await page.screenshot({ path: picture('all-cells') as `${string}.png` });
  }
  const cells = await shownCells(page);
  assert.deepEqual(
    cells.map(({ prompt }) => prompt),
    cells.map((_, place) => `[${place + 1}]:`),
  );
  for (const { forms, text, source } of cells) {
    assert.ok(!forms.some((form) => /stderr|error/.test(form)), `${source}\n${text}`);
  }
  const charts = await drawnCharts(page);
  const made = cells.map(({ source }) => source.match(/await chartFigure\(/g)?.length ?? 0);
  const expected = made.reduce((sum, one) => sum + one, 0);
  assert.ok(expected > 0);
  assert.equal(charts.length, expected);
  for (const share of charts) assert.ok(share > 0.01, `${share} of a chart is drawn`);
  assert.deepEqual(failures, []);
});

test('the ablation cell is changed and run again: runs of the changed setting alone are made', { skip }, async () => {
  const runs = path.join(folder, 'results', 'runs');
  const before = readdirSync(runs);
  const cells = await shownCells(page);
  const place = cells.findIndex(({ source }) => source.includes(change.from));
  assert.ok(place >= 0, 'the cell is there');
  await rewriteAndRun(page, place, cells[place].source.replace(change.from, change.to));
  try {
    await executedAs(page, place, cells.length + 1, 200_000);
    const chart = await page.$('.jp-RenderedVegaCommon5');
    await chart!.scrollIntoView();
  } finally {
    await page.screenshot({ path: picture('changed-cell') as `${string}.png` });
  }
  const changed = (await shownCells(page))[place];
  assert.ok(changed.source.includes(change.to));
  assert.ok(!changed.forms.some((form) => /stderr|error/.test(form)), changed.text);
  // Three settings with two seeds each; one of them is new.
  assert.match(changed.text, /6 of 6 runs done/);
  const added = readdirSync(runs).filter((run) => !before.includes(run));
  assert.equal(added.length, 2);
  for (const run of added) assert.ok(existsSync(path.join(runs, run, 'result.json')), run);
});
