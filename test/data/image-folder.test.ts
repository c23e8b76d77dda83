import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import sharp from 'sharp';
import { folderFormat, tinyImageNet } from '../../lib/data/image-folder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-images-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Background = { r: number; g: number; b: number; alpha?: number };

/** An image of one colour. */
async function paint(file: string, background: Background, width = 40, height = 20): Promise<void> {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  const channels = background.alpha === undefined ? 3 : 4;
  await sharp({ create: { width, height, channels, background } }).toFile(path.join(folder, file));
}

const red = { r: 255, g: 0, b: 0 };
const blue = { r: 0, g: 0, b: 255 };

test('classes are folders in the order of their names; images are resized to 32x32 RGB', async () => {
  await paint('train/b-cats/1.png', red);
  await paint('train/b-cats/2.PNG', { r: 10, g: 20, b: 30 }, 32, 32);
  await paint('train/a-dogs/1.png', blue, 7, 90);
  await paint('test/b-cats/x.jpeg', red);
  writeFileSync(path.join(folder, 'train/b-cats/notes.txt'), 'not an image');
  const { train, test: tested, classNames, imageShape, name } = await folderFormat.read(folder);
  assert.deepEqual([name, ...imageShape, ...classNames], ['folder', 32, 32, 3, 'a-dogs', 'b-cats']);
  assert.deepEqual([...train.labels, ...tested.labels], [0, 1, 1, 1]);
  assert.deepEqual([...train.images.subarray(0, 3)], [0, 0, 255]);
  assert.deepEqual([...train.images.subarray(3072, 3075)], [255, 0, 0]);
  assert.deepEqual([...train.images.subarray(3 * 3072 - 3)], [10, 20, 30]);
  assert.ok(tested.images[0] > 250 && tested.images[1] < 5);
});

test('grey becomes RGB, what is transparent becomes black', async () => {
  await paint('train/a/1.png', { r: 200, g: 100, b: 50, alpha: 0 });
  mkdirSync(path.join(folder, 'train/b'));
  await sharp(Buffer.alloc(64, 90), { raw: { width: 8, height: 8, channels: 1 } }).toFile(
    path.join(folder, 'train/b/1.png'),
  );
  await paint('test/a/1.png', red);
  const { train } = await folderFormat.read(folder);
  assert.deepEqual([...train.images.subarray(0, 3), ...train.images.subarray(3072, 3075)], [0, 0, 0, 90, 90, 90]);
});

test('what is missing, unknown or damaged is named', async () => {
  await assert.rejects(
    async () => folderFormat.read(folder),
    /The dataset 'folder' is not there: looked for train, test in .* It is your own: put it there\. /,
  );
  await paint('train/a/1.png', red);
  await assert.rejects(async () => folderFormat.read(folder), /lacks test\./);
  await paint('test/a/1.png', red);
  await assert.rejects(
    async () => folderFormat.read(folder),
    /train holds 1 folders of classes; expected 2 to 65536\.$/,
  );
  await paint('train/b/1.png', blue);
  await paint('test/c/1.png', red);
  await assert.rejects(async () => folderFormat.read(folder), /test\/c: there is no class 'c' in .*train\.$/);
  rmSync(path.join(folder, 'test/c'), { recursive: true });
  rmSync(path.join(folder, 'test/a'), { recursive: true });
  await assert.rejects(
    async () => folderFormat.read(folder),
    /test holds no images: expected <class>\/\*\.png or \*\.jpg in it\.$/,
  );
  mkdirSync(path.join(folder, 'test/a'));
  writeFileSync(path.join(folder, 'test/a/broken.png'), 'no image');
  await assert.rejects(
    async () => folderFormat.read(folder),
    /test\/a\/broken\.png cannot be read: .*unsupported image format/,
  );
});

test('a class without an image is refused by its folder, with what is in it and what to do', async () => {
  await paint('train/a/1.png', red);
  await paint('test/a/1.png', red);
  mkdirSync(path.join(folder, 'train/b'));
  await assert.rejects(
    async () => folderFormat.read(folder),
    /train\/b holds no images: it is empty; expected \*\.png, \*\.jpg or \*\.jpeg\. Put images of the class there, or remove the folder\.$/,
  );
  for (const name of ['2.webp', '1.gif', '.DS_Store']) writeFileSync(path.join(folder, 'train/b', name), '');
  await assert.rejects(
    async () => folderFormat.read(folder),
    /train\/b holds no images: it has 1\.gif, 2\.webp; expected/,
  );
  await paint('train/b/1.png', blue);
  mkdirSync(path.join(folder, 'test/b'));
  await assert.rejects(async () => folderFormat.read(folder), /test\/b holds no images: it is empty/);
  rmSync(path.join(folder, 'test/b'), { recursive: true });
  assert.deepEqual([...(await folderFormat.read(folder)).train.labels], [0, 1]);
});

/** Two classes of Tiny-ImageNet, with an image of its folder layout each. */
async function writeTiny(annotations: string): Promise<void> {
  await paint('tiny-imagenet-200/train/n02/images/n02_0.JPEG', blue, 64, 64);
  await paint('tiny-imagenet-200/train/n01/images/n01_0.JPEG', red, 64, 64);
  await paint('tiny-imagenet-200/val/images/val_0.JPEG', blue, 64, 64);
  writeFileSync(path.join(folder, 'tiny-imagenet-200/val/val_annotations.txt'), annotations);
  writeFileSync(path.join(folder, 'tiny-imagenet-200/words.txt'), 'n00\tsomething\nn01\tgoldfish, Carassius auratus\n');
}

test('Tiny-ImageNet: 64x64, validation images are the test set, words name the classes', async () => {
  await writeTiny('val_0.JPEG\tn02\t0\t32\t44\t62\n');
  const { train, test: tested, classNames, imageShape, mean } = await tinyImageNet.read(folder);
  assert.deepEqual(classNames, ['goldfish, Carassius auratus', 'n02']);
  assert.deepEqual([...train.labels, ...tested.labels, ...imageShape], [0, 1, 1, 64, 64, 3]);
  assert.ok(train.images[0] > 250 && train.images[64 * 64 * 3 + 2] > 250 && tested.images[2] > 250);
  assert.deepEqual(mean, [0.485, 0.456, 0.406]);
});

test('a line that names no file or no class, or a file elsewhere, is refused', async () => {
  for (const line of ['val_0.JPEG\tn09\t0', 'n02', '../val_0.JPEG\tn02']) {
    await writeTiny(`val_0.JPEG\tn02\t0\n${line}\n`);
    await assert.rejects(
      async () => tinyImageNet.read(folder),
      (error: Error) => {
        assert.ok(
          error.message.includes(
            `val_annotations.txt: line 2 is '${line}', expected a file name and one of 2 classes.`,
          ),
        );
        return true;
      },
    );
  }
});

test('Tiny-ImageNet: a class without an image is refused by its folder', async () => {
  await writeTiny('val_0.JPEG\tn02\t0\n');
  rmSync(path.join(folder, 'tiny-imagenet-200/train/n01/images/n01_0.JPEG'));
  await assert.rejects(async () => tinyImageNet.read(folder), /train\/n01\/images holds no images: it is empty/);
});

test('folders of classes may be links; one that leads nowhere is named', async () => {
  await paint('elsewhere/cats/1.png', red);
  await paint('train/a/1.png', blue);
  await paint('test/a/1.png', blue);
  symlinkSync(path.join(folder, 'elsewhere/cats'), path.join(folder, 'train/b'));
  const { classNames, train } = await folderFormat.read(folder);
  assert.deepEqual([...classNames, ...train.labels], ['a', 'b', 0, 1]);
  symlinkSync(path.join(folder, 'elsewhere/dogs'), path.join(folder, 'train/c'));
  await assert.rejects(
    async () => folderFormat.read(folder),
    /train\/c is a link that leads nowhere: mend it, or remove/,
  );
});

test('images to test on may lie in val/ or validation/; without any, what may be there is said, and nothing of a download', async () => {
  await paint('train/a/1.png', red);
  await paint('train/b/1.png', blue);
  await assert.rejects(
    async () => folderFormat.read(folder),
    (error: Error) => {
      assert.match(
        error.message,
        /lacks test\. It is your own: put there what is missing.*may also lie in val\/, validation\//,
      );
      assert.doesNotMatch(error.message, /download/);
      return true;
    },
  );
  for (const name of ['validation', 'val', 'test']) {
    await paint(`${name}/b/1.png`, blue);
    const { test: tested } = await folderFormat.read(folder);
    assert.deepEqual([...tested.labels], [1], name);
  }
  await paint('test/a/1.png', blue);
  assert.equal((await folderFormat.read(folder)).test.count, 2, 'test/ is preferred');
});

test('more than 256 classes: labels keep them apart', async () => {
  for (let label = 0; label < 300; label++) {
    for (const split of ['train', 'test'])
      mkdirSync(path.join(folder, split, `c${String(label).padStart(3, '0')}`), { recursive: true });
  }
  await paint('one.png', red, 4, 4);
  const image = readFileSync(path.join(folder, 'one.png'));
  for (const split of ['train', 'test']) {
    for (const name of readdirSync(path.join(folder, split)))
      writeFileSync(path.join(folder, split, name, '1.png'), image);
  }
  const { train, classNames } = await folderFormat.read(folder);
  assert.equal(classNames.length, 300);
  assert.deepEqual([...train.labels], [...Array(300).keys()]);
});

test('images of formats that are not read are left out with a word', async (context) => {
  const warn = context.mock.method(console, 'warn', () => undefined);
  for (const name of ['a', 'b']) await paint(`train/${name}/1.png`, red);
  await paint('test/a/1.png', red);
  writeFileSync(path.join(folder, 'train/a/2.webp'), '');
  writeFileSync(path.join(folder, 'train/b/notes.txt'), '');
  await folderFormat.read(folder);
  const said = warn.mock.calls.map(({ arguments: [text] }) => String(text));
  assert.equal(said.length, 1);
  assert.match(said[0], /^1 images are left out, as .*train\/a\/2\.webp: only \*\.png/);
});

test('Tiny-ImageNet with its validation images sorted into classes is the same dataset', async () => {
  const colours = [red, blue, { r: 0, g: 255, b: 0 }];
  await writeTiny('val_0.JPEG\tn02\t0\nval_1.JPEG\tn01\t0\nval_10.JPEG\tn02\t0\n');
  for (const [index, number] of [0, 1, 10].entries()) {
    await paint(`tiny-imagenet-200/val/images/val_${number}.JPEG`, colours[index], 64, 64);
  }
  const official = await tinyImageNet.read(folder);
  const val = path.join(folder, 'tiny-imagenet-200/val');
  for (const [file, number] of [
    ['val_0', 'n02'],
    ['val_1', 'n01'],
    ['val_10', 'n02'],
  ]) {
    mkdirSync(path.join(val, number), { recursive: true });
    renameSync(path.join(val, 'images', `${file}.JPEG`), path.join(val, number, `${file}.JPEG`));
  }
  for (const name of ['images', 'val_annotations.txt']) rmSync(path.join(val, name), { recursive: true });
  const sorted = await tinyImageNet.read(folder);
  assert.deepEqual([sorted.checksum, [...sorted.test.labels]], [official.checksum, [1, 0, 1]]);
  // As some scripts do it: a folder `images` in each class, and no words.
  mkdirSync(path.join(val, 'n01', 'images'));
  renameSync(path.join(val, 'n01', 'val_1.JPEG'), path.join(val, 'n01', 'images', 'val_1.JPEG'));
  rmSync(path.join(folder, 'tiny-imagenet-200/words.txt'));
  const wordless = await tinyImageNet.read(folder);
  assert.deepEqual([wordless.checksum, ...wordless.classNames], [official.checksum, 'n01', 'n02']);
});
