import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  decodeFields,
  fieldShapes,
  initFields,
  pixelCoordinates,
  type FieldFrequencies,
} from '../../lib/factorization/ddif';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { floatCount, mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { assertSlopes } from './slopes';

before(() => useBackend());

test('coordinates of 2x3 pixels: row, then column, both from -1 to 1, along rows first', () => {
  tf.tidy(() => {
    assert.deepEqual(pixelCoordinates([2, 3]).arraySync(), [
      [-1, -1],
      [-1, 0],
      [-1, 1],
      [1, -1],
      [1, 0],
      [1, 1],
    ]);
  });
});

test('one layer, weights by hand: sin(30 (pi / 60) row) goes from -1 to 1 down the image, the other field along columns', () => {
  tf.tidy(() => {
    const images = decodeFields(
      {
        'layers.0.weight': tf.tensor3d([Math.PI / 60, 0, 0, Math.PI / 60], [2, 2, 1]),
        'layers.0.bias': tf.tensor2d([0, Math.PI / 60], [2, 1]),
        'last.weight': tf.tensor3d([1, 10, 2, 20], [2, 1, 2]),
        'last.bias': tf.tensor2d([0, 5, 0, 0], [2, 2]),
      },
      [3, 2],
    );
    assert.deepEqual(images.shape, [2, 3, 2, 2]);
    const down = [-1, 0, 1].flatMap((sine) => [sine, 10 * sine + 5, sine, 10 * sine + 5]);
    // sin(pi / 2 column + pi / 2) is 0 at both columns, -1 and 1.
    assertClose(images, [...down, ...new Array<number>(12).fill(0)]);
  });
});

/** A field at one place, number by number. */
function colourAt(field: Record<string, number[] | number[][]>, place: number[], frequencies: number[]): number[] {
  const affine = (inputs: number[], layer: string) =>
    (field[`${layer}.bias`] as number[]).map((bias, output) =>
      inputs.reduce((sum, input, index) => sum + input * (field[`${layer}.weight`] as number[][])[index][output], bias),
    );
  const last = frequencies.reduce(
    (values, frequency, layer) => affine(values, `layers.${layer}`).map((value) => Math.sin(frequency * value)),
    place,
  );
  return affine(last, 'last');
}

const cases: [layers: number, given: FieldFrequencies, frequencies: number[]][] = [
  [1, {}, [30]],
  [2, {}, [30, 10]],
  [3, { firstFrequency: 7, frequency: 3 }, [7, 3, 3]],
];
for (const [layers, given, frequencies] of cases) {
  test(`layers of sines ${layers}, frequencies ${frequencies.join(', ')}: every field of a batch by itself, number by number`, () => {
    tf.tidy(() => {
      const fields = initFields(Random.stream(2, 'test'), { items: 3, channels: 2, hidden: 4, layers });
      const images = decodeFields(fields, [3, 5], given);
      assert.deepEqual(images.shape, [3, 3, 5, 2]);
      const places = Array.from({ length: 15 }, (_, pixel) => [Math.floor(pixel / 5) - 1, ((pixel % 5) - 2) / 2]);
      const expected = [0, 1, 2].flatMap((item) => {
        const own = mapParameters(fields, (tensor) => tensor.slice(item, 1).squeeze([0]));
        const numbers = Object.fromEntries(
          Object.entries(own).map(([name, tensor]) => [name, tensor.arraySync() as number[] | number[][]]),
        );
        return places.flatMap((place) => colourAt(numbers, place, frequencies));
      });
      assertClose(images, expected);
    });
  });
}

test('a field has no resolution: the places that 3x4 and 5x7 pixels share have one colour', () => {
  tf.tidy(() => {
    const fields = initFields(Random.stream(4, 'test'), { items: 2, channels: 3, hidden: 6 });
    const fine = decodeFields(fields, [5, 7]).gather([0, 2, 4], 1).gather([0, 2, 4, 6], 2);
    assertClose(decodeFields(fields, [3, 4]), fine.dataSync());
  });
});

test('gradients of all parameters are the slopes of the images, and images are the same compiled', () => {
  const fields = initFields(Random.stream(5, 'test'), { items: 3, channels: 2, hidden: 4, layers: 3 });
  const decode = (parameters: Parameters) => decodeFields(parameters, [6, 5]);
  assertSlopes(decode, fields, 0.003);
  const compiled = compile(decode, { name: 'DDiF' });
  tf.tidy(() => assertClose(compiled(fields), decode(fields).dataSync()));
  compiled.dispose();
  tf.dispose(fields);
});

test('the start: within +-1/2, then +-sqrt(6 / inputs) / 10, biases alike, from the stream alone, and no tensor left behind', () => {
  const before = tf.memory().numTensors;
  const sizes = { items: 400, channels: 3, hidden: 20 };
  const [first, again] = [1, 1].map((seed) => initFields(Random.stream(seed, 'test'), sizes));
  assert.equal(tf.memory().numTensors, before + 12);
  const later = Math.sqrt(6 / 20) / 10;
  const bounds: Record<string, number> = {
    'layers.0.weight': 0.5,
    'layers.0.bias': 0.5,
    'layers.1.weight': later,
    'layers.1.bias': later,
    'last.weight': later,
    'last.bias': later,
  };
  assert.deepEqual(Object.keys(first), Object.keys(bounds));
  for (const [name, bound] of Object.entries(bounds)) {
    const values = first[name].dataSync<'float32'>();
    assert.deepEqual(again[name].dataSync(), values);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest <= bound && largest > 0.98 * bound, `${name}: ${largest} of ${bound}`);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Five standard errors.
    assert.ok(Math.abs(mean) < (5 * bound) / Math.sqrt(3 * values.length), `${name}: mean ${mean}`);
  }
  const slower = initFields(Random.stream(1, 'test'), { ...sizes, frequency: 20 });
  tf.tidy(() => assertClose(slower['last.weight'].mul(2), first['last.weight'].dataSync()));
  assert.deepEqual(slower['layers.0.weight'].dataSync(), first['layers.0.weight'].dataSync());
  tf.dispose([first, again, slower]);
});

test('floats: 81 a field with hidden width 6, 543 with 20; what is made is of the shapes that are told', () => {
  for (const [hidden, floats] of [
    [6, 81],
    [20, 543],
  ]) {
    const field = initFields(Random.stream(1, 'test'), { items: 1, channels: 3, hidden });
    assert.equal(floatCount(field), floats);
    tf.dispose(field);
  }
  const sizes = { items: 5, channels: 1, hidden: 7, layers: 4 };
  const fields = initFields(Random.stream(1, 'test'), sizes);
  assert.deepEqual(
    Object.entries(fields).map(([name, tensor]) => [name, tensor.shape]),
    Object.entries(fieldShapes(sizes)),
  );
  tf.dispose(fields);
});
