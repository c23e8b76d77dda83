import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { datasetNames } from '../../lib/data/dataset-names';
import { loadDataset } from '../../lib/data/load-dataset';

test('an unknown dataset is refused, the nearest and all known ones named', async () => {
  await assert.rejects(loadDataset('cifar-10'), {
    name: 'RangeError',
    message: `There is no dataset 'cifar-10'. Did you mean 'cifar10'? Known are: ${datasetNames.join(', ')}.`,
  });
});

test('the folder is the option, else HABA_DATA, else data', async () => {
  const before = process.env.HABA_DATA;
  const [project, empty] = [process.cwd(), mkdtempSync(path.join(tmpdir(), 'haba-no-data-'))];
  try {
    // The project's own data folder may hold the dataset.
    process.chdir(empty);
    process.env.HABA_DATA = 'of-the-environment';
    await assert.rejects(loadDataset('cifar10', { folder: 'of-the-option' }), /of-the-option/);
    await assert.rejects(loadDataset('cifar10'), /in of-the-environment, /);
    delete process.env.HABA_DATA;
    await assert.rejects(loadDataset('cifar10'), /in data, data\/cifar10, /);
  } finally {
    process.chdir(project);
    rmSync(empty, { recursive: true });
    if (before !== undefined) process.env.HABA_DATA = before;
  }
});

test('shapes need no folder; counts shorten splits', async () => {
  const { train, test: tested } = await loadDataset('shapes', { trainCount: 30, testCount: 10 });
  assert.deepEqual([train.count, tested.count], [30, 10]);
});
