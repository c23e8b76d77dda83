import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pack, type Headers } from 'tar-stream';
import { cifar10 } from '../../lib/data/cifar';
import type { DatasetFormat } from '../../lib/data/dataset-format';
import { loadDataset } from '../../lib/data/load-dataset';
import { DatasetUnavailable, listDatasets, obtainDataset, type ObtainProgress } from '../../lib/data/obtain-dataset';
import type { Holder } from '../../lib/files/lock';
import { deadHolder } from '../files/dead-holder';

const files = cifar10.files.map((name, index) => ({
  name: `cifar-10-batches-bin/${name}`,
  content: Buffer.alloc(3073 * 2, index),
}));

/** A tar archive in gzip. */
async function archiveOf(entries: { name: string; content?: Buffer; type?: Headers['type'] }[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, content = Buffer.alloc(0), type = 'file' } of entries) {
    archive.entry(
      { name, type, linkname: type === 'file' ? undefined : '/etc/passwd' },
      type === 'file' ? content : undefined,
    );
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

let server: Server;
let content: Buffer;
/** What the server does with a request; replaced by tests. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let ranges: (string | undefined)[];
let folder: string;

/** Whole, or the part that is asked for. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, ...(start > 0 ? range : {}) });
  response.end(content.subarray(start));
}

/** Half of what is asked for, then, when it has arrived, a broken connection. */
function breakOff(_: IncomingMessage, response: ServerResponse): void {
  const half = content.length >> 1;
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, half));
  const began = Date.now();
  // What is on its way when a connection breaks is lost, and how much that is depends on the machine.
  const waiting = setInterval(() => {
    if (bytesArrived() < half && Date.now() - began < 10_000) return;
    clearInterval(waiting);
    response.destroy();
  }, 5);
}

function bytesArrived(): number {
  const files = readdirSync(folder, { recursive: true }) as string[];
  const parts = files.filter((file) => file.endsWith('.part'));
  return Math.max(0, ...parts.map((file) => statSync(path.join(folder, file), { throwIfNoEntry: false })?.size ?? 0));
}

before(async () => {
  content = await archiveOf(files);
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-obtain-'));
  answer = serve;
  ranges = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** CIFAR-10, from the server of the test. */
function served(md5 = createHash('md5').update(content).digest('hex')): DatasetFormat {
  const { port } = server.address() as AddressInfo;
  return { ...cifar10, sources: [{ urls: [`http://127.0.0.1:${port}/cifar-10-binary.tar.gz`], md5 }] };
}

const obtain = (options: Parameters<typeof obtainDataset>[1] = {}) =>
  obtainDataset('cifar10', { folder, format: served(), pause: 0, ...options });

test('fetched, verified, unpacked, readable, and nothing else is left in the folder', async () => {
  const seen: ObtainProgress[] = [];
  assert.equal(await obtain({ onProgress: (progress) => seen.push(progress) }), path.join(folder, 'cifar10'));
  assert.deepEqual(readdirSync(folder), ['cifar10']);
  assert.deepEqual(readFileSync(path.join(folder, 'cifar10', 'test_batch.bin')), files[5].content);
  const { train } = await loadDataset('cifar10', { folder });
  assert.deepEqual([...train.labels], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
  const last = seen.filter(({ stage }) => stage === 'fetching').at(-1);
  assert.deepEqual(
    [last?.received, last?.total, last?.file],
    [content.length, content.length, 'cifar-10-binary.tar.gz'],
  );
  assert.equal(seen.at(-1)?.stage, 'unpacking');
});

test('what is there is not fetched again', async () => {
  await obtain();
  await obtain();
  assert.equal(ranges.length, 1);
});

test('a broken transfer goes on where it stopped, within a call and in the next one', async () => {
  let count = 0;
  answer = (request, response) => (count++ === 0 ? breakOff : serve)(request, response);
  await obtain({ attempts: 2 });
  assert.deepEqual(ranges, [undefined, `bytes=${content.length >> 1}-`]);
  rmSync(path.join(folder, 'cifar10'), { recursive: true });

  [ranges, answer] = [[], breakOff];
  await assert.rejects(obtain({ attempts: 1 }), (error: Error) => {
    assert.match(
      error.message,
      /^http:.* cannot be fetched: .*\. What arrived is kept, and the next try goes on from there\. /,
    );
    assert.match(error.message, /Without internet, .*: npm run haba -- data cifar10 --from FILE$/);
    return true;
  });
  answer = serve;
  await obtain({ attempts: 1 });
  assert.deepEqual(ranges, [undefined, `bytes=${content.length >> 1}-`]);
  assert.deepEqual(readFileSync(path.join(folder, 'cifar10', 'data_batch_2.bin')), files[1].content);
});

test('a part that was whole but not yet verified needs no more bytes', async () => {
  mkdirSync(path.join(folder, '.cifar10.fetching'));
  writeFileSync(path.join(folder, '.cifar10.fetching', 'cifar-10-binary.tar.gz.part'), content);
  await obtain();
  assert.deepEqual(ranges, [`bytes=${content.length}-`]);
});

test('a server that knows no parts sends the whole again', async () => {
  mkdirSync(path.join(folder, '.cifar10.fetching'));
  writeFileSync(path.join(folder, '.cifar10.fetching', 'cifar-10-binary.tar.gz.part'), 'an old beginning');
  answer = (_, response) => response.writeHead(200).end(content);
  await obtain();
  assert.ok(existsSync(path.join(folder, 'cifar10', 'data_batch_1.bin')));
});

test('a wrong checksum: both are named, nothing is unpacked, the damaged file is gone', async () => {
  await assert.rejects(obtain({ format: served('0'.repeat(32)) }), {
    message: /arrived damaged or was changed: its MD5 is [0-9a-f]{32}, expected 0{32}\. What arrived was removed/,
  });
  assert.deepEqual(readdirSync(path.join(folder, '.cifar10.fetching')), []);
  assert.ok(!existsSync(path.join(folder, 'cifar10')));
});

test('a refusal of the server is told', async () => {
  answer = (_, response) => response.writeHead(404, 'Not Found').end();
  await assert.rejects(obtain({ attempts: 2 }), /cannot be fetched: the server answers 404 Not Found\./);
  assert.equal(ranges.length, 2);
});

test('what is not to be had is told from what cannot be written or arrived damaged', async () => {
  answer = (_, response) => response.writeHead(404, 'Not Found').end();
  await assert.rejects(obtain({ attempts: 1 }), DatasetUnavailable);
  await assert.rejects(obtainDataset('folder', { folder }), DatasetUnavailable);
  answer = serve;
  const isOther = (message: RegExp) => (error: Error) => {
    assert.match(error.message, message);
    assert.ok(!(error instanceof DatasetUnavailable), error.name);
    return true;
  };
  await assert.rejects(obtain({ format: served('0'.repeat(32)) }), isOther(/arrived damaged or was changed/));
  const part = path.join(folder, '.cifar10.fetching', 'cifar-10-binary.tar.gz.part');
  mkdirSync(part);
  ranges = [];
  await assert.rejects(obtain(), isOther(/\.part is a folder; a file is expected there\. Move it away/));
  assert.equal(ranges.length, 1, 'another attempt would find the same');
});

test('no network: the address, the reason, and the way without internet', async () => {
  const format = { ...cifar10, sources: [{ urls: ['http://127.0.0.1:9/cifar-10-binary.tar.gz'], md5: '' }] };
  await assert.rejects(
    obtain({ format, attempts: 1 }),
    /127\.0\.0\.1:9.* cannot be fetched: fetch failed.*--from FILE$/,
  );
});

test('where no address answers, nobody waits: an unknown host is tried once, a closed door twice', async () => {
  const times = (url: string) => {
    const format = { ...cifar10, sources: [{ urls: [`${url}/cifar-10-binary.tar.gz`], md5: '' }] };
    const began = performance.now();
    return assert
      .rejects(obtain({ format, pause: 0.4 }), /cannot be fetched: fetch failed/)
      .then(() => performance.now() - began);
  };
  // Of five attempts, three pauses are left out.
  assert.ok((await times('http://127.0.0.1:9')) < 1200);
  assert.ok((await times('http://no-such-host.invalid')) < 15_000);
});

test('a server that falls silent, before its answer or in the middle, is given up after a while', async () => {
  answer = () => undefined;
  await assert.rejects(obtain({ patience: 0.2 }), /cannot be fetched: nothing came for 0\.2 seconds\./);
  assert.equal(ranges.length, 2);
  [ranges, answer] = [
    [],
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100));
    },
  ];
  await assert.rejects(obtain({ patience: 0.2, attempts: 1 }), /nothing came for 0\.2 seconds\. What arrived is kept/);
});

test('an abort stops and keeps what arrived', async () => {
  const stop = new AbortController();
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': content.length }).write(content.subarray(0, 100), () => stop.abort());
  };
  await assert.rejects(obtain({ signal: stop.signal }), { name: 'AbortError' });
});

test('an archive at hand is unpacked and stays as it is; no checksum is asked of it', async () => {
  const archive = path.join(folder, 'mine.tar.gz');
  writeFileSync(archive, content);
  await obtain({ from: [archive], format: served('0'.repeat(32)) });
  assert.equal(ranges.length, 0);
  assert.deepEqual(readdirSync(folder), ['cifar10', 'mine.tar.gz']);
});

test('an archive of something else is refused, and nothing changes', async () => {
  const archive = path.join(folder, 'other.tar.gz');
  writeFileSync(archive, await archiveOf([{ name: 'x/data_batch_1.bin' }]));
  await assert.rejects(obtain({ from: [archive] }), {
    message: `${archive}: this is not cifar10, it lacks data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin. Nothing was changed in ${folder}.`,
  });
  assert.deepEqual(readdirSync(folder), ['other.tar.gz']);
});

test('a truncated archive is named', async () => {
  const archive = path.join(folder, 'short.tar.gz');
  writeFileSync(archive, content.subarray(0, content.length - 200));
  await assert.rejects(obtain({ from: [archive] }), /short\.tar\.gz cannot be unpacked: unexpected end of file\.$/);
  assert.deepEqual(readdirSync(folder), ['short.tar.gz']);
});

test('no entry of an archive escapes its folder, and links are refused', async () => {
  const archive = path.join(folder, 'evil.tar.gz');
  for (const name of ['../escaped', '/tmp/haba-escaped', 'a/../../escaped']) {
    writeFileSync(archive, await archiveOf([{ name, content: Buffer.from('x') }]));
    await assert.rejects(
      obtain({ from: [archive] }),
      /evil\.tar\.gz cannot be unpacked: its entry '.*escaped' lies outside/,
    );
  }
  for (const type of ['symlink', 'link'] as const) {
    writeFileSync(archive, await archiveOf([{ name: 'cifar10', type }]));
    await assert.rejects(
      obtain({ from: [archive] }),
      /its entry 'cifar10' is a (sym)?link; only files and folders are unpacked/,
    );
  }
  assert.deepEqual(readdirSync(folder), ['evil.tar.gz']);
  assert.ok(!existsSync(path.join(folder, '..', 'escaped')) && !existsSync('/tmp/haba-escaped'));
});

test('names longer than a tar header holds are unpacked', async () => {
  const long = `${'long-folder-name/'.repeat(12)}${'n'.repeat(120)}`;
  const archive = path.join(folder, 'long.tar');
  writeFileSync(
    archive,
    await archiveOf([...files, { name: `cifar-10-batches-bin/${long}`, content: Buffer.from('deep') }]),
  );
  const home = await obtain({ from: [archive] });
  assert.equal(readFileSync(path.join(home, long), 'utf8'), 'deep');
});

test('a folder in the way is neither used nor changed', async () => {
  mkdirSync(path.join(folder, 'cifar10'));
  writeFileSync(path.join(folder, 'cifar10', 'notes.txt'), 'mine');
  await assert.rejects(
    obtain(),
    /cifar10 is in the way: it is not a whole cifar10 \(it lacks data_batch_1\.bin, .*Move it away, or/,
  );
  assert.deepEqual(readdirSync(path.join(folder, 'cifar10')), ['notes.txt']);
});

test('leftovers of a process that was killed are no hindrance', async () => {
  for (const name of ['.cifar10.unpacking', '.cifar10.unpacking-1']) {
    mkdirSync(path.join(folder, name, 'half'), { recursive: true });
  }
  await obtain();
  assert.deepEqual(readdirSync(folder), ['cifar10']);
});

test('killed after the dataset was in its place, before it had tidied: the next call does', async () => {
  await obtain();
  mkdirSync(path.join(folder, '.cifar10.fetching'));
  writeFileSync(path.join(folder, '.cifar10.holder.json'), deadHolder());
  await obtain();
  assert.deepEqual(readdirSync(folder), ['cifar10']);
});

for (const stage of ['fetching', 'unpacking'] as const) {
  test(`replaced by another process while ${stage}: it stops with a sentence, and nothing of it appears`, async () => {
    const holder = path.join(folder, '.cifar10.holder.json');
    const other = JSON.stringify({ ...(JSON.parse(deadHolder()) as Holder), host: 'elsewhere' });
    let done = false;
    const onProgress = (progress: ObtainProgress) => {
      if (progress.stage === stage && !done) writeFileSync(holder, other);
      done ||= progress.stage === stage;
    };
    await assert.rejects(
      obtain({ onProgress }),
      /was taken over by process \d+ on elsewhere at 2026-01-02T03:04:05Z: /,
    );
    assert.ok(done);
    assert.ok(!existsSync(path.join(folder, 'cifar10')));
    assert.equal(readFileSync(holder, 'utf8'), other);
  });
}

test('a data folder that cannot be made: the advice names the option for data', async () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, 'mine');
  await assert.rejects(obtain({ folder: file }), {
    message: `${file} is a file; the folder of datasets is expected there: --data FOLDER, or HABA_DATA=FOLDER.`,
  });
  const below = path.join(file, 'data');
  await assert.rejects(obtain({ folder: below }), {
    message: `${below} cannot be written: a file stands where a folder is needed. Move it away, or choose another folder (--data FOLDER, or HABA_DATA).`,
  });
});

test('two at once: one fetches, both have it', async () => {
  const homes = await Promise.all([obtain(), obtain()]);
  assert.equal(homes[0], homes[1]);
  assert.equal(ranges.length, 1);
});

test('shapes are not to be had by download; an unknown name is refused', async () => {
  await assert.rejects(obtainDataset('shapes', { folder }), {
    message: "The dataset 'shapes' is drawn on the spot; there is nothing to download.",
  });
  await assert.rejects(obtainDataset('cifar11', { folder }), /Did you mean 'cifar10'\?/);
});

test('the list says what is there', async () => {
  const states = () => Object.fromEntries(listDatasets(folder).map(({ name, state }) => [name, state]));
  assert.equal(states().cifar10, 'absent');
  assert.equal(states().shapes, 'embedded');
  await obtain();
  assert.equal(states().cifar10, 'present');
  rmSync(path.join(folder, 'cifar10', 'test_batch.bin'));
  assert.equal(states().cifar10, 'incomplete');
});
