/** Readers of datasets in their official formats, for the fuzzer. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { cifar10, cifar100 } from '../../lib/data/cifar';
import type { Dataset } from '../../lib/data/dataset';
import { findDataset, type DatasetFormat } from '../../lib/data/dataset-format';
import { classSizesOf, folderFormat, tinyImageNet } from '../../lib/data/image-folder';
import { mnist } from '../../lib/data/mnist';
import { svhn } from '../../lib/data/svhn';
import type { Random } from '../../lib/tensor/random';
import { idx } from '../data/idx-writer';
import { writer } from '../data/mat-writer';
import { pythonCifar } from '../data/python-cifar-writer';
import { written } from '../data/tables-by-python';
import { zipOf } from '../data/zip-writer';
import { hold, type Reader, type Subject } from './fuzz';
import { mutateBytes, pick } from './mutate';

/** Reads a dataset, and checks that what was accepted holds together. */
function reading(format: DatasetFormat, folder: string): Subject['read'] {
  return async () => {
    const dataset: Dataset = await format.read(folder);
    const pixels = dataset.imageShape.reduce((product, side) => product * side, 1);
    const { mean, deviation } = dataset;
    hold([...mean, ...deviation].every(Number.isFinite), `its statistics are ${mean} and ${deviation}`);
    for (const { images, labels, count } of [dataset.train, dataset.test]) {
      hold(count > 0 && images.length === count * pixels, `${count} images have ${images.length} values`);
      hold(labels.length === count, `${count} images have ${labels.length} labels`);
      hold(
        labels.every((label) => label < dataset.classNames.length),
        'a label is of no class',
      );
    }
  };
}

const noise = (random: Random, count: number) => Buffer.from(random.integers(count, 256));

function cifarRecords(count: number, labelBytes: number): Buffer {
  const bytes = Buffer.alloc(count * (labelBytes + 3072), 7);
  for (let record = 0; record < count; record++) bytes[record * (labelBytes + 3072) + labelBytes - 1] = record;
  return bytes;
}

function cifarReader(format: DatasetFormat, labelBytes: number): Reader {
  return {
    name: format.dataset,
    setUp(folder) {
      for (const file of format.files) writeFileSync(path.join(folder, file), cifarRecords(2, labelBytes));
      return {
        targets: [format.files[0], format.files.at(-1)!].map((name) => ({
          file: path.join(folder, name),
          valid: [cifarRecords(1, labelBytes), cifarRecords(3, labelBytes)],
          // The right length, and any labels.
          lies: [(random: Random) => noise(random, (1 + random.integer(3)) * (labelBytes + 3072))],
        })),
        read: reading(format, folder),
      };
    },
  };
}

/** A megabyte that is a gigabyte when unpacked, made once. */
let bomb: Buffer | undefined;
const gzipBomb = () => (bomb ??= gzipSync(Buffer.concat([idx([1_000_000, 28, 28], []), Buffer.alloc(784_000_000)])));
const seldom = (random: Random, rare: () => Buffer, usual: () => Buffer) =>
  random.integer(300) === 0 ? rare() : usual();

const idxReader: Reader = {
  name: 'idx (mnist)',
  setUp(folder) {
    const images = idx([2, 28, 28], new Uint8Array(1568).fill(9));
    const labels = idx([2], [3, 4]);
    const files = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'];
    for (const name of [...files, 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
      writeFileSync(path.join(folder, name), name.includes('images') ? images : labels);
    }
    return {
      targets: [images, labels].map((content, index) => ({
        file: path.join(folder, files[index]),
        valid: [
          content,
          gzipSync(content),
          Buffer.concat([gzipSync(content.subarray(0, 5)), gzipSync(content.subarray(5))]),
        ],
        lies: [
          (random: Random) => gzipSync(mutateBytes(content, random)),
          (random: Random) => seldom(random, gzipBomb, () => gzipSync(Buffer.alloc(random.integer(100_000)))),
          (random: Random) => {
            const shape = Array.from({ length: random.integer(6) }, () => pick([0, 1, 2, 28, 33, 2 ** 32 - 1], random));
            const size = shape.reduce((product, side) => product * side, 1);
            return idx(shape, size < 100_000 ? noise(random, size) : [], pick([8, 8, 8, 9, 13], random));
          },
        ],
        // Images and labels that do not fit each other are told by either.
        named: folder,
      })),
      read: reading(mnist, folder),
    };
  },
};

/** Elements of nothing, a hundred thousand of them in one array; the same in both byte orders but for their type. */
const nothing = Buffer.alloc(800_000);
const hollow = (word: (value: number) => Buffer) => nothing.fill(Buffer.concat([word(2), word(0)]));

const matReader: Reader = {
  name: 'mat (svhn)',
  setUp(folder) {
    const kinds = [true, false].flatMap((little) => [true, false].map((compressed) => writer({ little, compressed })));
    const whole = (random?: Random) => {
      const kind = random ? pick(kinds, random) : kinds[0];
      return Buffer.concat([
        kind.header(),
        kind.matrix('X', [32, 32, 3, 2], 9, 2, Buffer.alloc(6144, 5)),
        kind.matrix('y', [2, 1], 6, 9, Buffer.concat([1, 10].map(kind.double))),
      ]);
    };
    const file = path.join(folder, 'train_32x32.mat');
    writeFileSync(file, whole());
    writeFileSync(path.join(folder, 'test_32x32.mat'), whole());
    const dimensions = [-1, 0, 1, 2, 3, 32, 1024, 2 ** 31 - 1, -(2 ** 31)];
    return {
      targets: [
        {
          file,
          valid: kinds.map((kind) =>
            Buffer.concat([
              kind.header(),
              kind.matrix('X', [32, 32, 3, 2], 9, 2, Buffer.alloc(6144, 5)),
              kind.matrix('y', [2, 1], 9, 2, Buffer.from([1, 10])),
            ]),
          ),
          lies: [
            // Damage inside of compression, which byte changes alone hardly reach.
            (random) => {
              const kind = pick(kinds, random);
              const plain = writer({ little: kind.word(1)[0] === 1, compressed: false });
              const inner = mutateBytes(plain.matrix('X', [32, 32, 3, 1], 9, 2, Buffer.alloc(3072)), random);
              const packed = deflateSync(inner);
              return Buffer.concat([plain.header(), kind.word(15), kind.word(packed.length), packed]);
            },
            (random) => {
              const kind = pick(kinds, random);
              const shape = [32, 32, 3, ...Array.from({ length: random.integer(4) }, () => pick(dimensions, random))];
              const size = Math.abs(shape.reduce((product, side) => product * side, 1));
              const data = Buffer.alloc(size < 100_000 ? size : 6144);
              const labels = Array.from({ length: random.integer(4) }, () =>
                pick([1, 10, 0, -1, 0.5, NaN, Infinity], random),
              );
              return Buffer.concat([
                kind.header(),
                kind.matrix(
                  'X',
                  shape.map((side) => side >>> 0),
                  pick([9, 6, 4], random),
                  pick([2, 1, 9], random),
                  data,
                ),
                kind.matrix('y', [labels.length, 1], 6, 9, Buffer.concat(labels.map(kind.double))),
              ]);
            },
            (random) =>
              seldom(
                random,
                () => {
                  const { word, header } = kinds[0];
                  const packed = deflateSync(Buffer.concat([word(14), word(600_000_000), Buffer.alloc(600_000_000)]));
                  return Buffer.concat([header(), word(15), word(packed.length), packed]);
                },
                () => whole(random),
              ),
            (random) => {
              const { word, header, element } = pick(kinds, random);
              return Buffer.concat([header(), random.integer(2) === 0 ? hollow(word) : element(14, hollow(word))]);
            },
          ],
        },
      ],
      read: reading(svhn, folder),
    };
  },
};

async function picture(format: 'png' | 'jpeg', side = 20): Promise<Buffer> {
  const background = { r: 250, g: 100, b: 20 };
  const image = sharp({ create: { width: side, height: side, channels: 3, background } });
  return image.toFormat(format).toBuffer();
}

const drawing = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
);

const imageReader: Reader = {
  name: 'image folder',
  async setUp(folder) {
    const [png, jpeg] = [await picture('png'), await picture('jpeg')];
    const files = ['train/a/1.png', 'train/b/1.jpg', 'test/a/1.png'].map((name) => path.join(folder, name));
    for (const file of files) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, file.endsWith('png') ? png : jpeg);
    }
    return {
      targets: files.slice(0, 2).map((file, index) => ({
        file,
        valid: [[png, jpeg][index]],
        lies: [
          // Sides of up to four thousand million pixels; the checksum of the header is wrong then, and not asked for.
          (random: Random) => {
            const lying = Buffer.from(png);
            lying.writeUInt32BE(pick([1, 5000, 100_000, 2 ** 31 - 1], random), 16 + 4 * random.integer(2));
            return lying;
          },
          () => drawing,
        ],
      })),
      read: reading(folderFormat, folder),
    };
  },
};

const tinyReader: Reader = {
  name: 'tiny-imagenet',
  async setUp(folder) {
    const jpeg = await picture('jpeg', 64);
    const [annotations, words] = ['val/val_annotations.txt', 'words.txt'].map((name) => path.join(folder, name));
    for (const name of ['train/n01/images/1.JPEG', 'train/n02/images/1.JPEG', 'val/images/val_0.JPEG']) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), jpeg);
    }
    const lines = Buffer.from('val_0.JPEG\tn02\t0\t32\t44\t62\nval_0.JPEG\tn01\t0\t0\t63\t63\n');
    const names = Buffer.from('n01\tgoldfish, Carassius auratus\nn02\ttench\n');
    writeFileSync(annotations, lines);
    writeFileSync(words, names);
    return {
      targets: [
        {
          file: annotations,
          valid: [lines],
          lies: [
            (random) => {
              const name = pick(
                ['../../train/n01/images/1.JPEG', '..', '.', '', '/etc/passwd', 'val_0.JPEG\0'],
                random,
              );
              return Buffer.from(`${name}\t${pick(['n01', 'n03', '__proto__', ''], random)}\n`);
            },
          ],
          // The line, or the image that it names.
          named: folder,
        },
        { file: words, valid: [names] },
      ],
      read: reading(tinyImageNet, folder),
    };
  },
};

/** CIFAR-10 as Python has it, in pickles. */
const pythonReader: Reader = {
  name: 'pickle (cifar10)',
  setUp(folder) {
    const files = [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`), 'test_batch'];
    const batch = (labels: readonly number[]) => pythonCifar(Buffer.alloc(3072 * labels.length, 5), labels, 'labels');
    for (const name of files) writeFileSync(path.join(folder, name), batch([1]));
    const whole = batch([3, 9]);
    // Before and after the pixels, which few changes of bytes would miss.
    const [begins, ends] = [whole.indexOf(Buffer.alloc(40, 5)), whole.lastIndexOf(Buffer.alloc(40, 5)) + 40];
    const damaged = (random: Random) =>
      Buffer.concat([
        mutateBytes(whole.subarray(0, begins), random),
        whole.subarray(begins, ends),
        mutateBytes(whole.subarray(ends), random),
      ]);
    /** Instructions in any order, and numbers for them. */
    const program = (random: Random) => {
      const parts = Array.from({ length: random.integer(60) }, () => pick(pickled, random));
      return Buffer.concat([Buffer.from('\x80\x02', 'latin1'), ...parts, Buffer.from('.')]);
    };
    const target = (name: string) => ({ file: path.join(folder, name), valid: [whole], lies: [damaged, program] });
    return { targets: [files[0], 'test_batch'].map(target), read: reading(cifar10, folder) };
  },
};

/** Instructions of pickles, some with what follows them. */
const pickled = [
  ...'(0123aedlostubqrghjpRNPQ}])\x81\x82\x85\x86\x87\x88\x89\x8a\x8b\x8f\x90\x91\x92\x93\x94',
  ...['K\x01', 'M\xff\xff', 'J\xff\xff\xff\x7f', 'U\x01a', 'X\xff\xff\xff\xff', 'T\xff\xff\xff\x7f', 'q\0h\0'],
  ...['cnumpy\ndtype\n', 'cnumpy\nndarray\n', 'cnumpy.core.multiarray\n_reconstruct\n', 'cos\nsystem\n'],
  ...[
    'c_codecs\nencode\n',
    'cbuiltins\neval\n',
    'I9999999999\n',
    'L1L\n',
    'F1e999\n',
    'S"a"\n',
    '\x8e\xff\xff\xff\xff\xff\xff\xff\x7f',
  ],
  // A list that holds itself, and one that doubles.
  ...[']q\x01h\x01a', ']q\x02(h\x02h\x02e'],
].map((text) => Buffer.from(text, 'latin1'));

/** Reads one's own images, and what their labels alone tell, which agrees. */
function readingTable(folder: string): Subject['read'] {
  const whole = reading(folderFormat, folder);
  return async () => {
    let read = true;
    const failed = await Promise.resolve(whole()).catch((error: unknown) => {
      read = false;
      return error;
    });
    // Its own sentence, where what is wrong are the labels.
    const sizes = classSizesOf(findDataset(folder, folderFormat));
    if (!read) throw failed;
    const { train, classNames } = await folderFormat.read(folder);
    const counted = classNames.map((_, label) => train.labels.filter((one: number) => one === label).length);
    hold(sizes.join() === counted.join(), `its classes have ${sizes.join()} images, and ${counted.join()} are read`);
  };
}

const parquetReader: Reader = {
  name: 'parquet',
  setUp(folder) {
    const files = ['train.parquet', 'test.parquet'].map((name) => path.join(folder, name));
    for (const file of files) writeFileSync(file, written.hub);
    /** Damage inside of the footer, its length right again. */
    const footer = (content: Buffer) => (random: Random) => {
      const begins = content.length - 8 - content.readUInt32LE(content.length - 8);
      const changed = mutateBytes(content.subarray(begins, content.length - 8), random);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(changed.length);
      return Buffer.concat([content.subarray(0, begins), changed, length, Buffer.from('PAR1')]);
    };
    const lengths = (random: Random) => {
      const changed = Buffer.from(written.hub);
      changed.writeUInt32LE(pick([0, 1, changed.length, 2 ** 31, 2 ** 32 - 1], random), changed.length - 8);
      return changed;
    };
    return {
      targets: files.map((file) => ({
        file,
        valid: [written.hub],
        lies: [footer(written.hub), footer(written.hub), footer(written.texts), lengths],
        // A label that is in one of the two alone is told by either.
        named: folder,
      })),
      read: readingTable(folder),
    };
  },
};

const npzReader: Reader = {
  name: 'npz (images)',
  setUp(folder) {
    const file = path.join(folder, 'organs.npz');
    writeFileSync(file, written.medical);
    const types = ['|u1', '|u1', '<i8', '>i4', '<f4', '<u8', '|b1', '|O', '<U9'];
    const sides = [0, 1, 2, 3, 28, 99_999_999, 2 ** 31];
    const array = (random: Random, shape: readonly number[], type: string) => {
      const size = shape.reduce((product, side) => product * side, Number(/\d/.exec(type)?.[0] ?? 1));
      const told = random.integer(6) === 0 ? shape.map(() => pick(sides, random)) : shape;
      const header = `{'descr': '${type}', 'fortran_order': ${pick(['False', 'False', 'True'], random)}, 'shape': (${told.join(', ')},), }\n`;
      const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
      start.writeUInt16LE(header.length, 8);
      const content = random.integer(6) === 0 ? noise(random, size) : Buffer.alloc(size, 1);
      return Buffer.concat([start, Buffer.from(header), content]);
    };
    /** Arrays that fit each other, mostly, of images and labels, in an archive whose checksums are right. */
    const archive = (random: Random) => {
      const entries = ['train', 'test'].flatMap((split) => {
        const count = random.integer(4);
        const shape = [count, ...pick([[28, 28], [9, 7, 3], [9, 7, 2], [0, 4], [], [1, 1]], random)];
        const labels = pick([[count], [count, 1], [count + 1], []], random);
        return [
          {
            name: `x_${split}.npy`,
            content: array(random, shape, random.integer(3) > 0 ? '|u1' : pick(types, random)),
          },
          { name: `y_${split}.npy`, content: array(random, labels, pick(types, random)) },
        ];
      });
      const claimed = pick([undefined, undefined, undefined, 0, 1, 2 ** 31, 2 ** 32 - 2], random);
      return zipOf(entries.map((entry) => (claimed === undefined ? entry : { ...entry, claimed })));
    };
    return {
      targets: [
        { file, valid: [written.medical], lies: [archive, archive, (random) => mutateBytes(archive(random), random)] },
      ],
      read: readingTable(folder),
    };
  },
};

export const datasetReaders: Reader[] = [
  cifarReader(cifar10, 1),
  cifarReader(cifar100, 2),
  pythonReader,
  parquetReader,
  npzReader,
  idxReader,
  matReader,
  imageReader,
  tinyReader,
];
