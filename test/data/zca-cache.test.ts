import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assembleDataset, type Dataset } from '../../lib/data/dataset';
import { prepareDataset } from '../../lib/data/prepare';
import { readSafetensors, writeSafetensors, type SafetensorsContent } from '../../lib/files/safetensors';
import { computingDevice, useBackend } from '../../lib/tensor/backend';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-zca-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Random 2x2 images. */
function smallDataset(): Dataset {
  const random = Random.stream(3);
  const split = (count: number) => ({
    images: Uint8Array.from(random.integers(count * 12, 256)),
    labels: new Uint8Array(count),
    count,
  });
  return assembleDataset({
    name: 'small',
    imageShape: [2, 2, 3],
    classNames: ['a'],
    train: split(30),
    test: split(2),
    mean: [0.5, 0.5, 0.5],
    deviation: [0.2, 0.2, 0.2],
  });
}

/** What whitened test images are, with the cache in a folder. */
function whitened(cacheFolder: string): number[] {
  const prepared = prepareDataset(smallDataset(), { whitening: 'zca', cacheFolder });
  const batch = prepared.test.batch([0, 1]);
  const values = [...batch.dataSync()];
  batch.dispose();
  prepared.dispose();
  return values;
}

/** A new folder with one cached file in it. */
function cached() {
  const home = mkdtempSync(path.join(folder, 'cache-'));
  const values = whitened(home);
  const [name] = readdirSync(home);
  const file = path.join(home, name);
  return { home, values, file, bytes: readFileSync(file) };
}

test('the file says of what dataset it is, and what made it', () => {
  const { file } = cached();
  const { backend, device, tensorflow } = computingDevice();
  assert.deepEqual(readSafetensors(file, { requireChecksum: true }).metadata, {
    format: 'haba zca 2',
    images: '30',
    dataset: 'small',
    checksum: smallDataset().checksum,
    backend,
    device,
    tensorflow: tensorflow ?? 'not in use',
  });
});

/** Changes what a file holds, and writes it whole, under a checksum that fits. */
function rewrite(file: string, change: (content: SafetensorsContent) => void): void {
  const content = readSafetensors(file);
  change(content);
  writeSafetensors(file, content.tensors, content.metadata);
}

const damages: Record<string, (file: string) => void> = {
  'one flipped bit': (file) => {
    const bytes = readFileSync(file);
    bytes[bytes.length - 101] ^= 1;
    writeFileSync(file, bytes);
  },
  'no checksum': (file) => {
    const text = readFileSync(file, 'latin1');
    // As long as before, so that the numbers stay where the header says.
    writeFileSync(file, text.replace('"sha256"', '"sha999"'), 'latin1');
  },
  'a value that is no number': (file) =>
    rewrite(file, ({ tensors }) => {
      tensors['zca.inverse'].values[7] = NaN;
    }),
  'the numbers of another device': (file) =>
    rewrite(file, ({ metadata }) => {
      metadata.device = metadata.device === 'CPU' ? 'GPU' : 'CPU';
    }),
  'the numbers of another dataset': (file) =>
    rewrite(file, ({ metadata }) => {
      metadata.checksum = metadata.checksum.replace(/.{4}$/, 'beef');
    }),
  'an older format': (file) =>
    rewrite(file, ({ metadata }) => {
      metadata.format = 'haba zca 1';
    }),
};

for (const [damage, make] of Object.entries(damages)) {
  test(`a cached file with ${damage} is fitted anew, and the file is whole again`, () => {
    const { home, values, file, bytes } = cached();
    const tensors = tf.memory().numTensors;
    make(file);
    assert.notDeepEqual(readFileSync(file), bytes, 'the damage was done');
    assert.deepEqual(whitened(home), values);
    assert.deepEqual(readFileSync(file), bytes);
    assert.equal(tf.memory().numTensors, tensors);
  });
}

test('a whole file is read, not fitted anew', () => {
  const { home, file, bytes } = cached();
  rewrite(file, ({ tensors }) => {
    tensors['zca.mean'].values[0] = 0.25;
  });
  whitened(home);
  assert.notDeepEqual(readFileSync(file), bytes);
});

test('a CPU does not use what a GPU made, nor takes its place', { skip: wasm() }, () => {
  const { home, file, bytes } = cached();
  const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
  const device = backend.isUsingGpuDevice;
  try {
    // What the addon says of the device is all that the name depends on.
    backend.isUsingGpuDevice = !device;
    whitened(home);
  } finally {
    backend.isUsingGpuDevice = device;
  }
  const kinds = readdirSync(home).map((name) => /-2-(\w+)\.safetensors$/.exec(name)?.[1]);
  assert.deepEqual(kinds.sort(), ['cpu', 'gpu']);
  assert.deepEqual(readFileSync(file), bytes);
});

/** Why a test of devices is skipped: with WebAssembly there is one. */
function wasm(): string | false {
  return process.env.HABA_BACKEND === 'wasm' && 'WebAssembly knows no GPU';
}

test('a fit that fails leaves no file', () => {
  const home = mkdtempSync(path.join(folder, 'none-'));
  writeFileSync(path.join(home, 'other'), '');
  const dataset = smallDataset();
  const one = { ...dataset, train: { ...dataset.train, count: 1 } };
  // The covariance of one image is 0 / 0.
  assert.throws(() => prepareDataset(one, { whitening: 'zca', cacheFolder: home }), /^Error: ZCA was not fitted/);
  assert.deepEqual(readdirSync(home), ['other']);
});

test('where the cache cannot be written, what was fitted is used, with a warning, and nothing is left behind', (context) => {
  const warn = context.mock.method(console, 'warn', () => undefined);
  const home = path.join(folder, 'a-file');
  writeFileSync(home, 'no folder');
  const before = tf.memory().numTensors;
  assert.ok(whitened(home).length > 0);
  assert.equal(tf.memory().numTensors, before);
  assert.match(String(warn.mock.calls[0].arguments[0]), /fitted anew next time: .*a-file/);
});
