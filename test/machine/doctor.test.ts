/** What doctor says of datasets, without reading one. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { findDatasets } from '../../lib/machine/doctor';

let data: string;
before(() => {
  data = mkdtempSync(path.join(tmpdir(), 'haba-doctor-'));
});
after(() => rmSync(data, { recursive: true, force: true }));

const said = () => Object.fromEntries(findDatasets(data).map(({ name, value }) => [name, value]));

test('absent datasets are one word each, and how to get them is one line', () => {
  const found = findDatasets(data);
  const absent = found.filter(({ value }) => value === 'absent').map(({ name }) => name);
  assert.deepEqual(
    absent,
    ['cifar10', 'cifar100', 'svhn', 'mnist', 'fashion-mnist', 'tiny-imagenet', 'folder'].map(
      (name) => `dataset ${name}`,
    ),
  );
  assert.equal(said()['dataset shapes'], 'drawn on the spot');
  assert.match(found.at(-1)!.value, /^npm run haba -- data NAME /);
  assert.equal(found.length, 9);
});

test('a dataset is there when its files are, whatever is in them: they are not read; where some are missing they are named', () => {
  const folder = path.join(data, 'cifar-10-batches-bin');
  mkdirSync(folder);
  const batches = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
  for (const file of batches) writeFileSync(path.join(folder, file), 'no images');
  assert.match(said()['dataset cifar10'], /^not whole: .*cifar-10-batches-bin has no test_batch\.bin/);
  writeFileSync(path.join(folder, 'test_batch.bin'), 'no images');
  writeFileSync(path.join(folder, 'batches.meta.txt'), 'no names');
  assert.match(said()['dataset cifar10'], /10 classes.*, in .*cifar-10-batches-bin$/);
});

test('a file in the place of the data folder is said', () => {
  const file = path.join(data, 'file');
  writeFileSync(file, '');
  assert.match(findDatasets(file)[0].value, /is a file; the folder of datasets is expected there/);
});
