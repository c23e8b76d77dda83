/** Unpacking of archives, for the fuzzer: whatever happens, nothing is written outside of the folder. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Headers } from 'tar-stream';
import { unpack } from '../../lib/data/unpack';
import { sealedText } from '../../lib/files/sealed-json';
import { bundleFormat, manifestName } from '../../lib/runs/bundle';
import { verifyBundle } from '../../lib/runs/verify-bundle';
import { createProgress } from '../../lib/terminal/progress';
import type { Random } from '../../lib/tensor/random';
import { zipOf } from '../data/zip-writer';
import { hold, type Reader } from './fuzz';
import { mutateBytes, pick } from './mutate';

const mark = 'escaped-the-fuzzer';

/** Names that lead elsewhere, and some that only look so. */
const names = [
  `../${mark}`,
  `../../${mark}`,
  `/tmp/${mark}`,
  `a/../../${mark}`,
  `a/./../b/../../${mark}`,
  `a\\..\\..\\${mark}`,
  `C:\\${mark}`,
  `//${mark}`,
  '..',
  '.',
  '',
  'a/..',
  'a\0b',
  'x'.repeat(300),
  `${'d/'.repeat(400)}x`,
  'a/b.txt',
  'a',
];
const types: Headers['type'][] = [
  'file',
  'directory',
  'symlink',
  'link',
  'fifo',
  'character-device',
  'contiguous-file',
];

const blockBytes = 512;

/** A tar header by the letter of the format, its checksum right. */
function tarHeader(name: string, size: number | Buffer, type = '0', link = ''): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 100, 'latin1');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  if (typeof size === 'number') header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  else header.set(size, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100, 'latin1');
  header.write('ustar\0' + '00', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

const padded = (content: Buffer) =>
  Buffer.concat([content, Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)]);

/** Sizes as GNU tar writes those of eight gigabytes and more, or nonsense. */
function lyingSize(random: Random): number | Buffer {
  return pick<number | Buffer>(
    [
      0,
      1,
      511,
      8 ** 11 - 1,
      Buffer.from('800000000000000fffffffff', 'hex'),
      Buffer.from('ffffffffffffffffffffffff', 'hex'),
      Buffer.from('99999999999\0'),
      Buffer.from('-0000000001\0'),
      Buffer.from('            '),
    ],
    random,
  );
}

function lyingTar(random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let left = 1 + random.integer(4); left > 0; left--) {
    const content = Buffer.alloc(random.integer(1500), 'c');
    const size = random.integer(3) === 0 ? lyingSize(random) : content.length;
    // Types of tar: files, links, devices, folders, and the headers of long names ('L', 'K') and of PAX ('x', 'g').
    const type = pick(['0', '0', '1', '2', '3', '5', '6', '7', 'L', 'K', 'x', 'g', 'S', '\0'], random);
    if (type === 'x' || type === 'g') {
      const key = pick(['path', 'linkpath', 'size', '__proto__', 'mtime'], random);
      const value = pick([...names, '-1', '1e99', 'NaN', '99999999999999'], random);
      const record = ` ${key}=${value}\n`;
      const length = random.integer(4) === 0 ? pick([0, 1, 2 ** 31, -5], random) : record.length + 2;
      const text = Buffer.from(`${length}${record}`, 'latin1');
      parts.push(tarHeader('pax', text.length, type), padded(text));
    } else {
      parts.push(tarHeader(pick(names, random), size, type, pick(names, random)), padded(content));
    }
  }
  return Buffer.concat([...parts, Buffer.alloc(random.integer(3) * blockBytes)]);
}

function lyingZip(random: Random): Buffer {
  const entries = Array.from({ length: 1 + random.integer(4) }, () => {
    const content = Buffer.alloc(random.integer(3000), 'z');
    const claimed = random.integer(3) === 0 ? pick([0, 1, 2 ** 31, 2 ** 32 - 1], random) : content.length;
    return { name: pick(names, random), content, claimed };
  });
  return zipOf(entries);
}

/** Half a megabyte of gzip that holds half a gigabyte: a long name, or zeros without end. Made once each. */
const bombs = new Map<string, Buffer>();
function tarBomb(kind: 'long name' | 'zeros' | 'claimed'): Buffer {
  let made = bombs.get(kind);
  if (!made) {
    const bytes = 500_000_000;
    const head = {
      'long name': tarHeader('x', bytes, 'L'),
      zeros: Buffer.alloc(0),
      claimed: tarHeader('x', 8 ** 11 - 1),
    };
    made = gzipSync(Buffer.concat([head[kind], Buffer.alloc(bytes)]));
    bombs.set(kind, made);
  }
  return made;
}

async function wholeTar(): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'a/', type: 'directory' });
  archive.entry({ name: 'a/b.txt' }, 'hello');
  archive.entry({ name: `long/${'x'.repeat(150)}` }, 'h'.repeat(3000));
  archive.entry({ name: 'näme' }, '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Archives of every type of entry, as the library that the project itself uses writes them. */
async function typedTar(name: string, type: Headers['type']): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name, type, linkname: '/etc/passwd' }, type?.includes('file') ? 'x' : undefined);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function archiveReader(
  name: string,
  ending: string,
  make: () => Promise<{ valid: Buffer[]; lies: ((random: Random) => Buffer)[] }>,
): Reader {
  return {
    name,
    async setUp(folder) {
      const [file, to] = [path.join(folder, `archive${ending}`), path.join(folder, 'out')];
      const { valid, lies } = await make();
      writeFileSync(file, valid[0]);
      mkdirSync(to);
      return {
        targets: [{ file, valid, lies }],
        read: async () => {
          try {
            await unpack(file, to);
            hold(
              readdirSync(to, { recursive: true, withFileTypes: true }).every(
                (entry) => entry.isFile() || entry.isDirectory(),
              ),
              'something is neither file nor folder',
            );
          } finally {
            // A file that was being opened when unpacking failed may still appear.
            rmSync(to, { recursive: true, force: true, maxRetries: 5 });
            mkdirSync(to, { recursive: true });
          }
          hold(!existsSync(`/tmp/${mark}`) && !existsSync(`/${mark}`), 'something was written outside');
        },
      };
    },
  };
}

/** A list of no runs and one file: what lies behind the list is read by readers of their own. */
async function wholeBundle(): Promise<Buffer> {
  const content = Buffer.from('a table');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const manifest = {
    environment: {},
    runs: [],
    files: [{ path: 'tables/a.csv', bytes: content.length, sha256 }],
  };
  const archive = pack();
  archive.entry({ name: manifestName }, sealedText(bundleFormat, manifest));
  archive.entry({ name: 'tables/a.csv' }, content);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const bundleReader: Reader = {
  name: 'bundle',
  async setUp(folder) {
    const file = path.join(folder, 'bundle.tar.gz');
    const whole = await wholeBundle();
    writeFileSync(file, gzipSync(whole));
    const lies = [
      (random: Random) => gzipSync(mutateBytes(whole, random)),
      (random: Random) => gzipSync(Buffer.concat([whole.subarray(0, -2 * blockBytes), lyingTar(random)])),
    ];
    return {
      targets: [{ file, valid: [gzipSync(whole)], lies }],
      read: async () => {
        const { files, verified } = await verifyBundle(file, {
          students: 0,
          progress: createProgress({ form: 'silent' }),
        });
        hold(files === 1 && verified.length === 0, 'it is no bundle of one file');
        hold(!existsSync(`/tmp/${mark}`) && !existsSync(`/${mark}`), 'something was written outside');
      },
    };
  },
};

export const archiveReaders: Reader[] = [
  bundleReader,
  archiveReader('tar', '.tar', async () => {
    const whole = await wholeTar();
    const typed = await Promise.all(
      types.flatMap((type) => [`../${mark}`, 'inside'].map((name) => typedTar(name, type))),
    );
    return { valid: [whole], lies: [lyingTar, lyingTar, (random) => pick(typed, random)] };
  }),
  archiveReader('tar.gz', '.tar.gz', async () => {
    const whole = await wholeTar();
    return {
      valid: [gzipSync(whole)],
      lies: [
        (random) => gzipSync(mutateBytes(whole, random)),
        (random) => gzipSync(lyingTar(random)),
        (random) =>
          random.integer(200) === 0
            ? tarBomb(pick(['long name', 'zeros', 'claimed'] as const, random))
            : gzipSync(lyingTar(random)),
      ],
    };
  }),
  archiveReader('zip', '.zip', () => {
    const content = Buffer.from('deep '.repeat(99));
    const whole = zipOf([
      { name: 'a/', content: Buffer.alloc(0) },
      { name: 'a/b/c.txt', content },
    ]);
    return Promise.resolve({ valid: [whole], lies: [lyingZip] });
  }),
];
