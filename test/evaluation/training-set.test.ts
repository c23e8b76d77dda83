import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { distilledTrainingSet, realTrainingSet } from '../../lib/evaluation/training-set';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';

before(() => useBackend());

const source = smallSource();
const inputs = { imageShape: source.imageShape, classCount: 2 };

test('real images: all of them, or the chosen ones, each once an epoch', () => {
  const all = realTrainingSet(source);
  assert.equal(all.count, 24);
  assert.deepEqual(
    [...all.epoch(Random.stream(0, 'test'))].sort((a, b) => a - b),
    [...Array(24).keys()],
  );
  const chosen = realTrainingSet(source, [5, 2, 7]);
  assert.equal(chosen.count, 3);
  const rows = Int32Array.from([2, 0]);
  assert.deepEqual([...chosen.labels(rows)], [1, 1]);
  tf.tidy(() => assertClose(chosen.batch(rows), source.batch([7, 5]).dataSync<'float32'>(), 0));
});

for (const [name, options] of Object.entries({
  'stored images': { kind: 'images', ipc: 3 },
  'stored images, multi-formation 2': { kind: 'images', ipc: 3, factor: 2 },
  HaBa: { kind: 'haba', basesPerClass: 3, hallucinators: 4 },
  'HaBa, multi-formation 2': { kind: 'haba', basesPerClass: 3, hallucinators: 4, factor: 2 },
} as const)) {
  test(`${name}: an epoch shows each formation of each item once, through a random hallucinator`, () => {
    const tensors = tf.memory().numTensors;
    const set = createDistilledSet({ ...options, ...inputs });
    const parameters = set.init(Random.stream(1, 'test'), source);
    // A chunk that does not divide the six items.
    const training = distilledTrainingSet(set, parameters, { chunk: 4 });
    const perPass = set.formations * set.itemCount;
    assert.equal(training.count, perPass);
    const random = Random.stream(2, 'test');
    const seen = new Set<number>();
    for (let epoch = 0; epoch < 20; epoch++) {
      const rows = training.epoch(random);
      assert.deepEqual(
        [...rows].map((row) => row % perPass).sort((a, b) => a - b),
        [...Array(perPass).keys()],
      );
      for (const row of rows) seen.add(row);
    }
    assert.ok(seen.size > 0.9 * perPass * set.views, `${seen.size} different images in 20 epochs`);

    tf.tidy(() => {
      const [hallucinator, formation, item] = [set.views - 1, set.formations - 1, 4];
      const row = (hallucinator * set.formations + formation) * set.itemCount + item;
      const choice = { items: tf.tensor1d([item], 'int32'), hallucinators: tf.tensor1d([hallucinator], 'int32') };
      const expected = set.images(parameters, choice).slice(formation, 1);
      assertClose(training.batch(Int32Array.from([row])), expected.dataSync<'float32'>());
      assert.deepEqual([...training.labels(Int32Array.from([row, 0]))], [1, 0]);
    });
    training.dispose();
    disposeAll(parameters);
    assert.equal(tf.memory().numTensors, tensors);
  });
}
