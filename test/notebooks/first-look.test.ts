/** A fresh clone in JupyterLab, nothing run and nothing trusted: every committed notebook shows what it holds, and stays as it is. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer, { type Browser } from 'puppeteer-core';
import { commandPath, drawnCharts, findChromium, kernelReady, startJupyterLab, type JupyterLab } from './jupyter-lab';
import { root } from './reproduce-command';
import { findNotebooks, notebookName, readNotebook } from '../../lib/reproduction/notebook-file';

const chromium = findChromium();
const skip = chromium ? false : 'no chromium on this machine (HABA_CHROMIUM names one)';
const notebooks = findNotebooks(path.join(root, 'notebooks'));
// What is opened is not what is committed, should it be saved; git ignores the folder.
const copies = path.join('.artifacts', 'first-look');

let folder: string;
let lab: JupyterLab;
let browser: Browser;
before(async () => {
  if (skip) return;
  folder = mkdtempSync(path.join(tmpdir(), 'haba-first-look-'));
  mkdirSync(path.join(root, copies), { recursive: true });
  for (const file of notebooks) cpSync(file, path.join(root, copies, path.basename(file)));
  lab = await startJupyterLab(folder, { JUPYTER_DATA_DIR: path.join(folder, 'data') });
  browser = await puppeteer.launch({
    executablePath: commandPath(chromium!),
    // As root, which in a container is the only user there is, chromium has no sandbox.
    args: process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [],
  });
});
after(async () => {
  await browser?.close();
  await lab?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

for (const file of notebooks) {
  const held = readNotebook(file).flatMap(({ outputs }) => outputs.flatMap(({ data }) => (data ? [data] : [])));
  const having = (form: string, without?: string) =>
    held.filter((data) => form in data && !(without && without in data)).length;
  const vega = 'application/vnd.vegalite.v5+json';

  test(`${notebookName(file)}: pictures, charts and tables are seen, and it is not changed by that`, { skip }, async () => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1400, height: 1000 });
    // In a workspace of its own: JupyterLab would open the notebooks before it, too, whose charts are not this one's.
    const address = lab.address(path.join(copies, path.basename(file)));
    await page.goto(address.replace('/lab/tree/', `/lab/workspaces/${notebookName(file)}/tree/`));
    await kernelReady(page, 180_000);
    await page.bringToFront();
    // On a busy machine JupyterLab leaves what is out of sight for later: everything is looked at.
    await page.waitForFunction(
      `(() => {
        for (const output of document.querySelectorAll('.jp-OutputArea-output')) output.scrollIntoView();
        return document.querySelectorAll('.jp-RenderedVegaCommon5 canvas').length === ${having(vega)};
      })()`,
      { timeout: 120_000, polling: 500 },
    );
    // What the drawing of charts and the kernel's first words do to the notebook, they have done by then.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const pictures = (await page.evaluate(`
      [...document.querySelectorAll('.jp-Notebook .jp-RenderedImage img')].map(({ naturalWidth, width }) => [naturalWidth, width])`)) as [
      number,
      number,
    ][];
    assert.equal(pictures.length, having('image/png', vega));
    for (const [pixels, points] of pictures) assert.ok(points > 40 && pixels >= points, `${pixels} pixels, ${points} wide`);
    for (const share of await drawnCharts(page)) assert.ok(share > 0.01, `${share} of a chart is drawn`);
    const tables = await page.evaluate(`document.querySelectorAll('.jp-Notebook .jp-RenderedHTML table').length`);
    assert.equal(tables, having('text/html'));
    assert.equal(await page.evaluate(`document.querySelectorAll('.jp-mod-dirty').length`), 0, 'it is not changed');
    assert.equal(await page.evaluate(`document.body.innerText.includes('Jupyter news')`), false);
    await page.close();
  });
}
