/** LinBa as a kind of set: its two starts. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { combineBases } from '../../lib/factorization/linba';
import { bestRankFit } from '../../lib/factorization/rank-fit';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';
import { prepared } from './prepared';

before(() => useBackend());

const shape = { imageShape: [8, 8, 3] as const, classCount: 2 };
const int32 = (values: number[]) => tf.tensor1d(values, 'int32');

test('it starts from the best fit to the real images that plain images start from, and leaves no tensor behind', () => {
  const source = smallSource({ perClass: 20 });
  const random = Random.stream(3, 'test');
  const tensors = tf.memory().numTensors;
  const set = createDistilledSet({ kind: 'linba', ipc: 6, dictionary: 5, ...shape });
  const parameters = prepared(set, random, source);
  assert.deepEqual(Object.keys(parameters), ['coefficients', 'dictionary']);
  tf.tidy(() => {
    const { bases } = createDistilledSet({ kind: 'images', ipc: 6, ...shape }).init(random, source);
    const { coefficients, dictionary } = bestRankFit(bases as tf.Tensor4D, 5);
    const whole = combineBases(coefficients, dictionary as tf.Tensor4D);
    const items = [11, 0, 6];
    const images = set.images(parameters, { items: int32(items), hallucinators: int32([0, 0, 0]) });
    assertClose(images, tf.gather(whole, items).dataSync<'float32'>());
  });
  disposeAll(parameters);
  assert.equal(tf.memory().numTensors, tensors);
});

test("from noise it starts uniform after Xavier, and needs no preparation; a file's images need its tensors alone", () => {
  const set = createDistilledSet({ kind: 'linba', ipc: 3, dictionary: 40, initialisation: 'noise', ...shape });
  assert.equal(set.preparation, undefined);
  tf.tidy(() => {
    const { coefficients, dictionary } = set.init(Random.stream(0, 'test'), smallSource());
    const [rows, columns] = [coefficients, dictionary].map((tensor) => tensor.abs().max().dataSync()[0]);
    assert.ok(rows <= Math.sqrt(6 / 46) && columns <= Math.sqrt(6 / (40 + 48)));
  });
});

test('a dictionary that a fit cannot fill, and odd sides, are refused', () => {
  assert.throws(
    () => createDistilledSet({ kind: 'linba', ipc: 2, dictionary: 5, ...shape }),
    /'set\.dictionary', is 5; a fit to 4 real images has 1 to 4\. Give fewer, or 'set\.initialisation' = 'noise'/,
  );
  assert.throws(
    () => createDistilledSet({ kind: 'linba', ipc: 99, dictionary: 49, ...shape }),
    /a fit to 198 real images has 1 to 48/,
  );
  assert.throws(
    () => createDistilledSet({ kind: 'linba', ipc: 9, dictionary: 2, imageShape: [7, 8, 3], classCount: 2 }),
    /images of 7x8 have an odd side/,
  );
});
