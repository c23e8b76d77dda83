/** What images look like, beside what is said of them: real images in every form, each taken for what it is. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { assembleDataset, type ImageSplit } from '../../../lib/data/dataset';
import type { PreparedDataset } from '../../../lib/data/image-source';
import { prepareDataset } from '../../../lib/data/prepare';
import { drawShapes } from '../../../lib/data/shapes';
import type { StoredTensor } from '../../../lib/files/safetensors';
import { takeSet, type Said } from '../../../lib/runs/importing/take-set';
import { useBackend } from '../../../lib/tensor/backend';
import { disposeAll } from '../../../lib/tensor/parameters';
import { tf } from '../../../lib/tensor/tensorflow';

const side = 16;
const size = side * side * 3;

/** Shapes at half their size, so that their whitening is a matter of a moment. */
function smallShapes() {
  const { train, test, classNames } = drawShapes({ trainCount: 600, testCount: 20 });
  const reduced = ({ images, labels, count }: ImageSplit): ImageSplit => ({
    labels,
    count,
    images: Uint8Array.from({ length: count * size }, (_, place) => {
      const [channel, x, y] = [place % 3, Math.floor(place / 3) % side, Math.floor(place / 3 / side) % side];
      const image = Math.floor(place / size);
      const at = (row: number, column: number) =>
        images[((image * 32 + 2 * y + row) * 32 + 2 * x + column) * 3 + channel];
      return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
    }),
  });
  const parts = { name: 'small shapes', classNames, imageShape: [side, side, 3] as const };
  return assembleDataset({ ...parts, train: reduced(train), test: reduced(test) });
}

let folder: string;
let plain: PreparedDataset;
let white: PreparedDataset;
/** The first 40 images, four of each class, [40, 16, 16, 3], in forms that people have. */
const forms: Record<string, tf.Tensor4D> = {};
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-looks-'));
  const dataset = smallShapes();
  plain = prepareDataset(dataset, { whitening: 'normalise' });
  white = prepareDataset(dataset, { whitening: 'zca', cacheFolder: folder });
  const rows = Int32Array.from({ length: 40 }, (_, row) => row);
  forms.normalised = plain.train.batch(rows);
  forms.zca = white.train.batch(rows);
  forms.pixels = tf.tensor4d(Float32Array.from(dataset.train.images.subarray(0, 40 * size)), [40, side, side, 3]);
  forms.unit = forms.pixels.div(255);
  forms.halves = forms.unit.sub(0.5).div(0.5);
});
after(() => {
  tf.dispose(Object.values(forms));
  white.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function float(tensor: tf.Tensor, shape = tensor.shape): StoredTensor {
  return { type: 'F32', shape, values: Float32Array.from(tensor.dataSync()) };
}
function channelsFirst(images: tf.Tensor4D): StoredTensor {
  const moved = images.transpose([0, 3, 1, 2]);
  const stored = float(moved);
  moved.dispose();
  return stored;
}
const labels = (): StoredTensor => ({
  type: 'I64',
  shape: [40],
  values: BigInt64Array.from(plain.train.labels.subarray(0, 40), BigInt),
});

/** Takes a set, as it is taken; the values of its images, and what was told. */
function take(images: StoredTensor, said: Said, data: PreparedDataset = said.values === 'zca' ? white : plain) {
  const tensors = tf.memory().numTensors;
  const told: string[] = [];
  try {
    const arrays = [
      { file: 'a', name: 'images', tensor: images },
      { file: 'a', name: 'labels', tensor: labels() },
    ];
    const taken = takeSet(arrays, { stepSize: 0.01, ...said }, data, (text) => told.push(text));
    const values = taken.parameters.bases.dataSync();
    disposeAll(taken.parameters);
    return { values, told, ...taken };
  } finally {
    assert.equal(tf.memory().numTensors, tensors);
  }
}

/** Images of a source in the order of a set, four of each class. */
function inOrder(images: tf.Tensor4D): Float32Array {
  const of = plain.train.labels.subarray(0, 40);
  const order = Array.from({ length: 40 }, (_, row) => row).sort(
    (first, second) => of[first] - of[second] || first - second,
  );
  return tf.tidy(() => tf.gather(images, order).dataSync() as Float32Array);
}

test('said what they are, images are taken in either layout, ordered by class, and not changed by a bit', () => {
  for (const values of ['normalised', 'zca'] as const) {
    const expected = inOrder(forms[values]);
    for (const stored of [channelsFirst(forms[values]), float(forms[values])]) {
      const { values: taken, told, set } = take(stored, { values });
      assert.deepEqual(taken, expected);
      assert.deepEqual([told, set], [[], { kind: 'images', ipc: 4, factor: 1 }]);
    }
  }
});

test('pixels become the network inputs that real images become, normalised or whitened', () => {
  const close = (found: Float32Array, expected: Float32Array) =>
    assert.ok(found.every((value, place) => Math.abs(value - expected[place]) < 2e-5));
  for (const values of ['unit', 'pixels'] as const) {
    close(take(float(forms[values]), { values }).values as Float32Array, inOrder(forms.normalised));
    close(take(float(forms[values]), { values }, white).values as Float32Array, inOrder(forms.zca));
  }
  const halves = { values: 'normalised', mean: [0.5], deviation: [0.5, 0.5, 0.5] } as const;
  close(take(float(forms.halves), halves).values as Float32Array, inOrder(forms.normalised));
});

const mistaken: [form: string, said: 'normalised' | 'zca' | 'unit' | 'pixels', message: RegExp][] = [
  [
    'zca',
    'normalised',
    /look whitened and no ZCA was given: images differ in brightness by 0\.\d+ .* not whitened, by 0\.\d+\. Say '--values zca'/,
  ],
  ['zca', 'unit', /are not pixels from 0 to 1: .* Say '--values zca'/],
  ['normalised', 'zca', /do not look whitened: .*'--values normalised'; .*images_zca_\*\.pt/],
  [
    'unit',
    'normalised',
    /look like pixels from 0 to 1, not normalised: they run from 0(\.\d+)? to [01]\S*.*'--values unit'/,
  ],
  ['unit', 'zca', /look like pixels from 0 to 1, not whitened/],
  ['pixels', 'normalised', /look like pixels from 0 to 255, not normalised: .*'--values pixels'/],
  ['pixels', 'unit', /are not pixels from 0 to 1: they run from \S+ to 2\d\d.*'--values pixels'/],
  ['unit', 'pixels', /are not pixels from 0 to 255: .*'--values unit'/],
  ['normalised', 'unit', /are not pixels from 0 to 1: .*'--values normalised'/],
  ['halves', 'normalised', /mean and a deviation of 0\.5: .*'--mean 0\.5 --deviation 0\.5'/],
];

for (const [form, values, message] of mistaken) {
  test(`${form} said to be ${values}: refused with what to do; with trust, taken and told`, () => {
    assert.throws(
      () => take(float(forms[form]), { values }),
      (error: Error) => {
        assert.match(error.message, message);
        assert.match(error.message, /'--trust'\.$/);
        return true;
      },
    );
    const { told } = take(float(forms[form]), { values, trust: true });
    assert.ok(
      told.some((text) => message.test(text)),
      told.join(' '),
    );
  });
}

test('where it is not said what they are, it is guessed aloud and nothing is taken', () => {
  for (const form of ['normalised', 'zca', 'unit', 'pixels']) {
    assert.throws(() => take(float(forms[form]), {}), new RegExp(`must be said: .*By their look they are '${form}'`));
  }
});

test('sets that were optimised far from real images are still told apart', () => {
  const noise = tf.randomNormal([40, side, side, 3], 0, 1, 'float32', 7) as tf.Tensor4D;
  // As large a departure as trajectory matching makes of normalised images.
  const [far, farWhite] = tf.tidy(() => [forms.normalised.add<tf.Tensor4D>(noise), forms.zca.add<tf.Tensor4D>(noise)]);
  assert.deepEqual(take(float(far), { values: 'normalised' }).told, []);
  assert.deepEqual(take(float(farWhite), { values: 'zca' }).told, []);
  assert.throws(() => take(float(farWhite), { values: 'normalised' }), /look whitened and no ZCA was given/);
  assert.throws(() => take(float(far), { values: 'zca' }), /do not look whitened/);
  tf.dispose([noise, far, farWhite]);
});

test('numbers reshaped from one layout to the other: noticed either way, and by the shape where it tells', () => {
  const reshaped = float(forms.normalised, [40, 3, side, side]);
  assert.throws(
    () => take(reshaped, { values: 'normalised' }),
    /should have been permuted: in PyTorch images\.permute\(0, 3, 1, 2\)/,
  );
  const other = { ...channelsFirst(forms.normalised), shape: [40, side, side, 3] };
  assert.throws(() => take(other, { values: 'normalised' }), /neighbouring pixels correlate by/);
  assert.throws(
    () => take(float(forms.normalised), { values: 'normalised', layout: 'NCHW' }),
    /the layout is said to be NCHW, and images \[40, 16, 16, 3\] is NHWC/,
  );
});

test('no numbers, and images of one grey', () => {
  const broken = float(forms.normalised);
  broken.values[77] = NaN;
  assert.throws(
    () => take(broken, { values: 'normalised' }),
    /hold values that are no numbers \(NaN or infinite\); such a set diverged/,
  );
  const grey = { ...float(forms.normalised), values: new Float32Array(40 * size).fill(-0.5) };
  assert.throws(() => take(grey, { values: 'normalised' }), /All images are one grey/);
});

test('a whitening that came with the images and is not that of the data is told', () => {
  const statistics = white.statistics();
  // In PyTorch's order of pixels, as it is exported.
  const ordered = tf.tidy(() =>
    statistics['zca.inverse']
      .reshape([side, side, 3, side, side, 3])
      .transpose([2, 0, 1, 5, 3, 4])
      .reshape([size, size]),
  );
  const inverse = float(ordered);
  tf.dispose([statistics, ordered]);
  const arrays = (tensor: StoredTensor) => [
    { file: 'a', name: 'images', tensor: float(forms.zca) },
    { file: 'a', name: 'labels', tensor: labels() },
    { file: 'a', name: 'zca.inverse', tensor },
  ];
  const said: Said = { values: 'zca', stepSize: 0.01 };
  const quiet = () => assert.fail('nothing is to be told');
  disposeAll(takeSet(arrays(inverse), said, white, quiet).parameters);
  const other = { ...inverse, values: Float32Array.from(inverse.values as Float32Array, (value) => 1.1 * value) };
  assert.throws(() => takeSet(arrays(other), said, white, quiet), /is not that of the data here: they differ by 10 %/);
});
