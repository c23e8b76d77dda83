/** A dataset written as a folder of pictures is the same dataset when it is read. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { dataAtHand, imageFolder, saveImageFolder } from '../../lib';
import { loadDataset } from '../../lib/data/load-dataset';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-saved-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

test('two classes, five and three images of each, pixel for pixel; what lies there stays', async () => {
  const data = await dataAtHand('shapes');
  const to = path.join(folder, 'mine');
  const options = { classes: [2, 0], perClass: 5, testPerClass: 3 };
  assert.equal(await saveImageFolder(data, to, options), to);
  const { train, test: tested, classNames } = await imageFolder(to).read();
  assert.deepEqual([...classNames].sort(), [data.classNames[0], data.classNames[2]].sort());
  assert.deepEqual([train.labels.length, tested.labels.length], [10, 6]);

  const original = await loadDataset('shapes');
  const size = original.imageShape.reduce((product, side) => product * side, 1);
  const at = data.train.indicesOfClass[2][4];
  const expected = original.train.images.subarray(at * size, (at + 1) * size);
  const place = [...train.labels].lastIndexOf(classNames.indexOf(data.classNames[2]));
  const own = train.images.length / train.labels.length;
  const found = train.images.subarray(place * own, (place + 1) * own);
  assert.deepEqual([...found], [...expected]);

  const file = path.join(to, 'train', data.classNames[0], '00000.png');
  writeFileSync(file, 'mine');
  await saveImageFolder(data, to, options);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  assert.equal(readdirSync(path.dirname(file)).length, 5);
});

test('a class that there is not is refused', async () => {
  const data = await dataAtHand('shapes');
  await assert.rejects(
    saveImageFolder(data, path.join(folder, 'none'), { classes: [99] }),
    /there is no class 99; shapes has the classes 0 to/,
  );
});
