/** What a notebook gets when it asks for a dataset: the dataset, `shapes` where it is not to be had, or an error. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test, type TestContext } from 'node:test';
import { dataForNotebook } from '../../lib/runs/data-at-hand';
import { writeDigits } from '../faults/world';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-at-hand-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is printed meanwhile. */
function listen(context: TestContext): string[] {
  const said: string[] = [];
  context.mock.method(process.stdout, 'write', (text: string | Uint8Array) => said.push(String(text)) > 0);
  return said;
}

test('a dataset that is there is what is given', async () => {
  writeDigits(folder);
  const { dataset, data } = await dataForNotebook('mnist', { data: folder });
  assert.deepEqual([dataset, data.train.count], ['mnist', 60]);
});

test('neither there nor to be had: shapes in its place, and one sentence that says so', async (context) => {
  const said = listen(context);
  const { dataset, data } = await dataForNotebook('folder', { data: folder });
  context.mock.restoreAll();
  assert.deepEqual([dataset, data.train.count], ['shapes', 5000]);
  const wanted = `The dataset 'folder' is your own: put it in ${folder}; going on with the embedded dataset 'shapes' (`;
  assert.ok(
    said.some((text) => text.startsWith(wanted)),
    said.join(''),
  );
});

test('there and damaged, in the way, not to be written, or unknown: thrown, and nothing takes its place', async (context) => {
  const said = listen(context);
  writeDigits(folder);
  const images = path.join(folder, 'mnist', 'train-images-idx3-ubyte');
  truncateSync(images, 1000);
  await assert.rejects(dataForNotebook('mnist', { data: folder }), /train-images-idx3-ubyte/);
  rmSync(images);
  await assert.rejects(dataForNotebook('mnist', { data: folder }), /mnist is in the way: it is not a whole mnist/);
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(
    dataForNotebook('mnist', { data: file }),
    /file is a file; the folder of datasets is expected there: --data FOLDER/,
  );
  await assert.rejects(dataForNotebook('cifar11' as 'cifar10', { data: folder }), /There is no dataset 'cifar11'/);
  context.mock.restoreAll();
  assert.doesNotMatch(said.join(''), /going on with/);
});
