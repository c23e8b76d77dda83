import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { dataset, imageFolder, shapeOf } from '../../lib';
import { allDatasetNames } from '../../lib/data/dataset-names';
import type { OwnDatasetOptions } from '../../lib/data/own-datasets';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-datasets-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Three training images of 2x1 in colour and one test image, in two classes. */
const bytes = Uint8Array.from({ length: 18 }, (_, place) => 10 * place);
const nested = [0, 1, 2].map((image) =>
  [0, 1].map((row) => [[0, 1, 2].map((channel) => 10 * (6 * image + 3 * row + channel))]),
);
const split = (images: OwnDatasetOptions['train']['images']) => ({ images, labels: [1, 0, 1] });
const test1 = { images: nested.slice(0, 1), labels: [0] };

test('tensors, nested lists and bytes are the same dataset, whose checksum is that of its bytes and labels', async () => {
  const tensor = tf.tensor4d(nested);
  const labels = tf.tensor1d([1, 0, 1], 'int32');
  const made = [
    dataset({ name: 'three', train: split(nested), test: test1 }),
    dataset({ name: 'three', train: split(bytes), test: test1, imageShape: [2, 1, 3] }),
    dataset({ name: 'three', train: { images: tensor, labels }, test: test1 }),
  ];
  tf.dispose([tensor, labels]);
  const checksum = createHash('sha256')
    .update(bytes)
    .update(Uint8Array.of(1, 0, 1))
    .update(bytes.subarray(0, 6))
    .update(Uint8Array.of(0))
    .digest('hex');
  for (const one of made) {
    const { imageShape, classNames, train, checksum: found, mean } = await one.read();
    assert.deepEqual([imageShape, classNames, train.count, found], [[2, 1, 3], ['0', '1'], 3, checksum]);
    assert.deepEqual([...train.images], [...bytes]);
    // Red is 0, 30, ..., 150.
    assert.ok(Math.abs(mean[0] - 75 / 255) < 1e-9);
  }
  assert.deepEqual(shapeOf(made[0]), { imageShape: [2, 1, 3], classCount: 2 });
  assert.deepEqual(shapeOf(made[0].name), shapeOf(made[0]));
  assert.ok(allDatasetNames().includes(made[0].name));
});

test('what is given is copied', async () => {
  const own = Uint8Array.from(bytes);
  const made = dataset({ name: 'copied', train: split(own), test: test1, imageShape: [2, 1, 3] });
  own.fill(7);
  assert.deepEqual([...(await made.read()).train.images], [...bytes]);
});

const good: OwnDatasetOptions = { name: 'good', train: split(nested), test: test1 };
const refusals: [what: string, change: object, message: RegExp][] = [
  [
    'a name of the library',
    { name: 'cifar10' },
    /dataset: the name 'cifar10' is the library's own; give yours another name/,
  ],
  ['a name with a blank', { name: 'my images' }, /the name 'my images' is no name of a dataset; give one of letters/],
  ['no name', { name: undefined }, /the name 'undefined' is no name of a dataset/],
  [
    'bytes without a shape',
    { train: split(bytes) },
    /images of 'good' have the shape none; expected \[height, width, 1 or 3\] in 'imageShape'/,
  ],
  [
    'two channels',
    { train: split(bytes), imageShape: [3, 1, 2] },
    /have the shape \[3, 1, 2\]; expected \[height, width, 1 or 3\]/,
  ],
  [
    'images that are no batch',
    { train: split(nested[0] as never) },
    /have the shape \[1, 3\]; expected \[height, width, 1 or 3\]/,
  ],
  [
    'another shape',
    { imageShape: [1, 2, 3] },
    /'imageShape' of 'good' is \[1, 2, 3\], and its images have \[2, 1, 3\]/,
  ],
  [
    'fewer labels',
    { train: { images: nested, labels: [0, 1] } },
    /good, train: 2 labels ask for images of \[2, 2, 1, 3\], and there are \[3, 2, 1, 3\]/,
  ],
  [
    'a test image of another shape',
    { test: { images: [[[[1, 2, 3]]]], labels: [0] } },
    /good, test: 1 labels ask for images of \[1, 2, 1, 3\], and there are \[1, 1, 1, 3\]/,
  ],
  [
    'rows of two lengths',
    { train: split([nested[0], nested[1], [nested[2][0], [[1, 2]]]] as never) },
    /good, train: 3 labels ask for images of/,
  ],
  [
    'pixels from 0 to 1',
    { test: { images: [[[[0.5, 0, 0]], [[0, 0, 0]]]], labels: [0] } },
    /good, test: a pixel is 0\.5; expected whole numbers from 0 to 255: scale and round/,
  ],
  ['a pixel of 256', { test: { images: [[[[256, 0, 0]], [[0, 0, 0]]]], labels: [0] } }, /a pixel is 256; expected/],
  ['no number', { test: { images: [[[[NaN, 0, 0]], [[0, 0, 0]]]], labels: [0] } }, /a pixel is NaN; expected/],
  [
    'half a label',
    { train: { images: nested, labels: [0, 1, 0.5] } },
    /good, train: label 2 is 0\.5; expected whole numbers/,
  ],
  ['no test image', { test: { images: new Uint8Array(), labels: [] } }, /good, test: there is no image/],
  ['no test', { test: undefined }, /'good' has no test: \{ images, labels \}/],
  ['no labels', { train: { images: nested } }, /'good' has no train: \{ images, labels \}/],
  ['one class', { train: { images: nested, labels: [0, 0, 0] } }, /'good' has 1 class; expected 2 to 65536/],
  [
    'a class without a training image',
    { classNames: ['a', 'b', 'c'] },
    /'good' has no training image of the class 2, 'c'/,
  ],
  [
    'a test image of no class',
    { test: { ...test1, labels: [2] } },
    /'good' has 2 classes, and in test there is the label 2; labels are 0 to 1/,
  ],
];
for (const [what, change, message] of refusals) {
  test(`refused: ${what}`, () => {
    assert.throws(() => dataset({ ...good, ...change }), { name: 'RangeError', message });
    assert.ok(!allDatasetNames().includes('good' as 'cifar10'), 'what is refused is not there');
  });
}

async function paint(file: string, r: number): Promise<void> {
  const at = path.join(folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  await sharp({ create: { width: 5, height: 9, channels: 3, background: { r, g: 0, b: 0 } } }).toFile(at);
}

test('a folder of images is called as the folder, or otherwise; its classes are known before it is read', async () => {
  for (const file of ['train/a/1.png', 'train/b/1.png', 'test/b/1.png']) await paint(`flowers/${file}`, 80);
  const made = imageFolder(path.join(folder, 'flowers'));
  assert.equal(made.name as string, 'flowers');
  assert.deepEqual(shapeOf(made), { imageShape: [32, 32, 3], classCount: 2 });
  const { name, train, test: tested } = await made.read();
  assert.deepEqual([name, train.count, train.images[0], [...tested.labels]], ['flowers', 2, 80, [1]]);
  assert.equal((await imageFolder(path.join(folder, 'flowers'), { name: 'tulips' }).read()).name, 'tulips');
});

test('other forms of a folder are read as those of the dataset `folder`', async () => {
  for (const file of ['train/a/1.png', 'train/b/1.png', 'val/b/1.png']) await paint(`trees/${file}`, 90);
  const { test: tested, name } = await imageFolder(path.join(folder, 'trees')).read();
  assert.deepEqual([name, tested.count, tested.images[0]], ['trees', 1, 90]);
});

test('more than 256 classes', async () => {
  const labels = Array.from({ length: 300 }, (_, label) => label);
  const images = Uint8Array.from({ length: 300 }, (_, image) => image % 256);
  const split = { images, labels };
  const { train, classNames } = await dataset({
    name: 'many',
    train: split,
    test: split,
    imageShape: [1, 1, 1],
  }).read();
  assert.deepEqual([classNames.length, train.labels[299]], [300, 299]);
});

test('refused: folders that are missing or hold no classes, and names that are none', async () => {
  const at = path.join(folder, 'nothing');
  assert.throws(
    () => imageFolder(at),
    /imageFolder: .*nothing lacks train, test\. It is your own: put there what is missing/,
  );
  await paint('nothing/train/a/1.png', 0);
  assert.throws(() => imageFolder(at), /nothing lacks test\./);
  mkdirSync(path.join(at, 'test'));
  assert.throws(() => imageFolder(at), /train holds 1 folders of classes; expected 2 to 65536/);
  await paint('my images/train/a/1.png', 0);
  assert.throws(
    () => imageFolder(path.join(folder, 'my images')),
    /imageFolder: the name 'my images' is no name of a dataset.*\{ name: 'my-images' \}/,
  );
  writeFileSync(path.join(folder, 'file'), '');
  assert.throws(() => imageFolder(path.join(folder, 'file')), /file is a file; the folder/);
});
