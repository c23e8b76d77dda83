import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { accuracyMeter } from '../../lib/evaluation/accuracy';
import { studentTrainer, studentUpdates, type StudentOptions } from '../../lib/evaluation/student';
import { realTrainingSet } from '../../lib/evaluation/training-set';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallSource } from '../small-source';

before(() => useBackend());

const train = smallSource({ classCount: 3, seed: 1 });
const unseen = smallSource({ classCount: 3, seed: 2 });
const network = createNetwork({
  name: 'ConvNet',
  width: 4,
  depth: 1,
  normalisation: 'none',
  imageShape: train.imageShape,
  classCount: 3,
});

const recipe = (changes: Partial<StudentOptions> = {}): StudentOptions => ({
  length: { epochs: 20 },
  batchSize: 16,
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 5e-4,
  augmentation: createAugmentation('none'),
  ...changes,
});

const values = (parameters: Parameters) => Object.values(parameters).map((tensor) => tensor.dataSync());

test('a student learns separable classes; the same seed gives the same student, another another', async () => {
  const tensors = tf.memory().numTensors;
  const trainer = studentTrainer(network, recipe());
  const measure = accuracyMeter(network, unseen);
  const [one, same, other] = [
    await trainer(realTrainingSet(train), Random.stream(5, 'test')),
    await trainer(realTrainingSet(train), Random.stream(5, 'test')),
    await trainer(realTrainingSet(train), Random.stream(4, 'test')),
  ];
  const untrained = network.init(Random.stream(5, 'test').stream('network'));
  assert.ok((await measure(one)) > 0.95, `accuracy ${await measure(one)}`);
  assert.ok((await measure(untrained)) < 0.7, `accuracy ${await measure(untrained)} before training`);
  assert.deepEqual(values(one), values(same));
  assert.notDeepEqual(values(one), values(other));
  disposeAll(one, same, other, untrained);
  trainer.dispose();
  measure.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});

test('one epoch in one batch is one step of SGD with weight decay: p - rate * (gradient + decay * p)', async () => {
  // Without images of any contrast the gradient of the convolution is that of its bias alone; the decay is what is measured.
  const black = { ...train, batch: (rows: ArrayLike<number>) => tf.zeros<tf.Rank.R4>([rows.length, 8, 8, 3]) };
  const trainer = studentTrainer(network, recipe({ length: { epochs: 1 }, batchSize: 100, weightDecay: 0.5 }));
  const trained = await trainer(realTrainingSet(black), Random.stream(5, 'test'));
  const start = network.init(Random.stream(5, 'test').stream('network'));
  const ratio = tf.tidy(() => trained['features.0.weight'].div(start['features.0.weight']).dataSync<'float32'>());
  assert.ok(ratio.every((share) => Math.abs(share - (1 - 0.05 * 0.5)) < 1e-5));
  disposeAll(trained, start);
});

test('the learning rate falls to a tenth after half of the epochs', async () => {
  // Weight decay alone moves the convolution on black images; without momentum each epoch multiplies it by 1 - rate * decay.
  const black = { ...train, batch: (rows: ArrayLike<number>) => tf.zeros<tf.Rank.R4>([rows.length, 8, 8, 3]) };
  const options = recipe({ length: { epochs: 4 }, batchSize: 100, weightDecay: 1, momentum: 0 });
  const trained = await studentTrainer(network, options)(realTrainingSet(black), Random.stream(5, 'test'));
  const start = network.init(Random.stream(5, 'test').stream('network'));
  const ratio = tf.tidy(() => trained['features.0.weight'].div(start['features.0.weight']).mean().dataSync()[0]);
  // As in the authors' code, epoch 2 of 0 to 3 still has the full rate: it changes behind epochs / 2, not at it.
  assert.ok(Math.abs(ratio - 0.95 ** 3 * 0.995) < 1e-5, `${ratio}`);
  disposeAll(trained, start);
});

test('in updates a student takes so many steps whatever the size of its set, and the rate falls at half of them', async () => {
  const black = { ...train, batch: (rows: ArrayLike<number>) => tf.zeros<tf.Rank.R4>([rows.length, 8, 8, 3]) };
  for (const batchSize of [100, 7]) {
    const options = recipe({ length: { updates: 4 }, batchSize, weightDecay: 1, momentum: 0 });
    const seen: number[] = [];
    const trained = await studentTrainer(network, options)(realTrainingSet(black), Random.stream(5, 'test'), {
      onUpdate: (update) => seen.push(update),
    });
    const start = network.init(Random.stream(5, 'test').stream('network'));
    const ratio = tf.tidy(() => trained['features.0.weight'].div(start['features.0.weight']).mean().dataSync()[0]);
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.ok(Math.abs(ratio - 0.95 ** 2 * 0.995 ** 2) < 1e-5, `${ratio}`);
    disposeAll(trained, start);
  }
  assert.equal(studentUpdates(100, { length: { epochs: 3 }, batchSize: 40 }), 9);
  assert.equal(studentUpdates(100, { length: { updates: 5 }, batchSize: 40 }), 5);
});

test('a student that diverges ends with a sentence that names its rate; nothing is left behind', async () => {
  const tensors = tf.memory().numTensors;
  const trainer = studentTrainer(network, recipe({ learningRate: 1e30 }));
  await assert.rejects(trainer(realTrainingSet(train), Random.stream(5, 'test')), {
    name: 'RunDiverged',
    message: /The loss of update \d+ of a student is (NaN|Infinity): it diverged with a learning rate of 1e\+30/,
  });
  // The last step may be the one that breaks the parameters, where no loss tells.
  const last = studentTrainer(network, recipe({ learningRate: 1e38, length: { updates: 1 }, weightDecay: 1e30 }));
  await assert.rejects(last(realTrainingSet(train), Random.stream(5, 'test')), {
    name: 'RunDiverged',
    message: /After 1 updates a student has parameters that are no numbers/,
  });
  trainer.dispose();
  last.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});

test('a stop is heard between two steps, and nothing is left behind', async () => {
  const tensors = tf.memory().numTensors;
  const stop = new AbortController();
  const updates: number[] = [];
  const trainer = studentTrainer(network, recipe({ augmentation: createAugmentation('flip_crop') }));
  const training = trainer(realTrainingSet(train), Random.stream(5, 'test'), {
    signal: stop.signal,
    onUpdate: (update) => {
      updates.push(update);
      if (update === 2) stop.abort();
    },
  });
  await assert.rejects(training, { name: 'AbortError' });
  assert.deepEqual(updates, [1, 2]);
  trainer.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});
