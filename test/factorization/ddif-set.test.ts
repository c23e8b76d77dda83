/** DDiF as a kind of set: fields that are fitted to real images, by themselves, in groups, from any step on. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { ImageSource } from '../../lib/data/image-source';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import type { Preparation } from '../../lib/factorization/distilled-set';
import { fieldFit } from '../../lib/factorization/field-fit';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { prepared } from './prepared';

before(() => useBackend());

const imageShape = [6, 5, 2] as const;

/** Image i: a smooth slope of its own, from about -1 to 1. */
const slopes: ImageSource = {
  imageShape,
  classCount: 2,
  count: 8,
  labels: Uint8Array.from({ length: 8 }, (_, image) => image % 2),
  indicesOfClass: [Int32Array.of(0, 2, 4, 6), Int32Array.of(1, 3, 5, 7)],
  batch: (indices) => tf.tensor4d(Array.from(indices, pixelsOf).flat(), [indices.length, ...imageShape]),
};
function pixelsOf(image: number): number[] {
  return Array.from({ length: 60 }, (_, place) => {
    const [row, column, channel] = [Math.floor(place / 10), Math.floor(place / 2) % 5, place % 2];
    return Math.sin(image + 0.4 * row) * Math.cos(image * channel + 0.5 * column);
  });
}

/** Field `item` of a set at a place, number by number: sin(30 (W x + b)), sin(10 (...)), linear. */
function fieldAt(fields: Record<string, unknown>, item: number, place: number[]): number[] {
  const affine = (inputs: number[], layer: string) =>
    (fields[`${layer}.bias`] as number[][])[item].map((bias, output) =>
      inputs.reduce(
        (sum, input, index) => sum + input * (fields[`${layer}.weight`] as number[][][])[item][index][output],
        bias,
      ),
    );
  const first = affine(place, 'layers.0').map((value) => Math.sin(30 * value));
  return affine(
    affine(first, 'layers.1').map((value) => Math.sin(10 * value)),
    'last',
  );
}

test('fields start within 25 dB of the real images that plain images start from, each its own, and nothing is left behind', () => {
  const tensors = tf.memory().numTensors;
  const set = createDistilledSet({
    kind: 'ddif',
    ipc: 2,
    hidden: 8,
    fitSteps: 400,
    fitLearningRate: 5e-3,
    imageShape,
    classCount: 2,
  });
  const random = Random.stream(5, 'test');
  const parameters = prepared(set, random, slopes);
  const start = createDistilledSet({ kind: 'images', ipc: 2, imageShape, classCount: 2 }).init(random, slopes);
  const real = start.bases.arraySync() as number[][][][];
  const fields = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.arraySync()]));
  for (const [item, image] of real.entries()) {
    const errors = image.flatMap((columns, row) =>
      columns.flatMap((colours, column) => {
        const made = fieldAt(fields, item, [(2 * row) / 5 - 1, (2 * column) / 4 - 1]);
        return colours.map((colour, channel) => (made[channel] - colour) ** 2);
      }),
    );
    const meanSquare = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    // Pixels span 2.
    const decibels = 10 * Math.log10(4 / meanSquare);
    assert.ok(decibels > 25, `field ${item}: ${decibels} dB`);
  }
  // The decoder, too, asked for items out of order.
  tf.tidy(() => {
    const items = tf.tensor1d([3, 1], 'int32');
    const images = set.images(parameters, { items, hallucinators: items });
    assertClose(images.slice([0, 2, 3, 0], [1, 1, 1, 2]), fieldAt(fields, 3, [-0.2, 0.5]), 1e-4);
    assertClose(images.slice([1, 5, 0, 0], [1, 1, 1, 2]), fieldAt(fields, 1, [1, -1]), 1e-4);
  });
  disposeAll(parameters, start);
  assert.equal(tf.memory().numTensors, tensors);
});

const options = { imageShape, perClass: 2, items: 4, channels: 2, hidden: 4, steps: 5, learningRate: 1e-2 };

/** The fields after all steps; from `from` on by a new beginning of the work, as after a kill. */
function fitted(preparation: Preparation, from?: number): Parameters {
  let work = preparation.begin(Random.stream(1, 'test'), slopes);
  let state = work.start();
  for (let done = 0; done < preparation.steps; done++) {
    if (done === from) {
      work.dispose();
      const kept = mapParameters(state, (tensor) => tf.tensor(tensor.dataSync().slice(), tensor.shape));
      disposeAll(state);
      state = kept;
      work = preparation.begin(Random.stream(1, 'test'), slopes);
    }
    state = work.step(state, done);
  }
  const fields = work.finish(state);
  disposeAll(state);
  work.dispose();
  return fields;
}
const numbers = (fields: Parameters) => {
  const found = Object.values(fields).map((tensor) => [...tensor.dataSync<'float32'>()]);
  disposeAll(fields);
  return found;
};

test('groups of fields, the last of them smaller, come out as all together do; a fit that goes on ends bit for bit the same', () => {
  const tensors = tf.memory().numTensors;
  const whole = fieldFit(options);
  const groups = fieldFit({ ...options, together: 3 });
  assert.deepEqual([whole.steps, whole.images, groups.steps, groups.images], [5, 4, 10, 3]);
  const [once, parts] = [numbers(fitted(whole)), numbers(fitted(groups))];
  for (const [index, values] of once.entries()) assertClose(parts[index], values, 1e-4);
  for (const from of [1, 5, 8]) assert.deepEqual(numbers(fitted(groups, from)), parts);
  assert.equal(tf.memory().numTensors, tensors);
});

test('a start from noise, or of no steps, is the uniform one alone', () => {
  for (const given of [{ initialisation: 'noise' }, { fitSteps: 0 }] as const) {
    const set = createDistilledSet({ kind: 'ddif', ipc: 2, imageShape, classCount: 2, ...given });
    assert.equal(set.preparation, undefined);
  }
});
