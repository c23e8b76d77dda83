/** One update of everything that learns: which loss hears which set and which adversary, and in which order. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createConstraints, type AdversaryInputs, type CosineInputs } from '../../lib/distillation/constraint-step';
import { jointUpdate, type JointState } from '../../lib/distillation/joint-update';
import { fullAugmentation } from '../../lib/data/augmentation-settings';
import { allBases } from '../../lib/factorization/constraint-settings';
import { createAdversary } from '../../lib/factorization/adversary';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { useBackend } from '../../lib/tensor/backend';
import { zeroVelocity, type OptimiserStep } from '../../lib/tensor/optimiser';
import { mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { flatten } from '../../lib/tensor/tree';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';

process.env.HABA_EXECUTION = 'eager';
before(() => useBackend());

const source = smallSource();
const inputs = { imageShape: source.imageShape, classCount: source.classCount };
const set = createDistilledSet({ kind: 'haba', basesPerClass: 2, hallucinators: 3, identityNoise: 0.2, ...inputs });
const parts = { set: set.tensors, method: { stepSize: { part: 'stepSize' } } };
const constraints = createConstraints({
  set,
  network: createAdversary({ width: 4, depth: 2, ...inputs }),
  augmentation: createAugmentation(fullAugmentation),
  cosine: 0.1,
  classification: 1,
  likelihood: 0.1,
  contrastive: 0.1,
  temperature: 0.07,
  batchSize: allBases,
  adversary: { learningRate: 0.1, momentum: 0.9 },
});
const optimisers = {
  bases: { learningRate: 3, momentum: 0.5 },
  hallucinators: { learningRate: 0.5, momentum: 0.5 },
  stepSize: { learningRate: 0.1, momentum: 0.9 },
};

/** A set with a learnable step size, an adversary, and gradients of a task loss. */
function begin() {
  const atRest = (parameters: Parameters) => ({ parameters, velocity: zeroVelocity(parameters) });
  const state: JointState = {
    set: atRest(set.init(Random.stream(1, 'test'), source)),
    method: atRest({ stepSize: tf.scalar(0.01) }),
    adversary: atRest(constraints.init(Random.stream(2, 'test'))),
  };
  const random = Random.stream(3, 'test');
  const slopes = ({ parameters }: OptimiserStep) =>
    mapParameters(parameters, (tensor) => tf.tidy(() => random.normal(tensor.shape).mul(0.01)));
  const gradients = { set: slopes(state.set), method: slopes(state.method) };
  return { state, gradients, batches: constraints.draw(Random.stream(4, 'test'), 0) };
}

const valuesOf = (parameters: Parameters) =>
  Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]));

test('bases and hallucinators descend L_task + lambda * L_cos; the adversary then steps through what they have become', () => {
  tf.tidy(() => {
    const { state, gradients, batches } = begin();
    const after = jointUpdate(state, gradients, { game: { constraints, batches }, parts, optimisers });

    const { parameters: learnable } = state.set;
    const { parameters: adversary, velocity } = state.adversary;
    const cosine = constraints.cosine({ learnable, adversary, batch: batches.cosine });
    for (const [name, parameter] of Object.entries(learnable)) {
      const rate = (name === 'bases' ? optimisers.bases : optimisers.hallucinators).learningRate;
      const sum = gradients.set[name].add(cosine.gradients[name].mul(0.1));
      assertClose(after.state.set.parameters[name], parameter.sub(sum.mul(rate)).dataSync<'float32'>(), 1e-6);
      assert.ok(cosine.gradients[name].norm().dataSync<'float32'>()[0] > 0, `L_cos moves ${name}`);
    }
    assertClose(
      after.state.method.parameters.stepSize,
      state.method.parameters.stepSize.sub(gradients.method.stepSize.mul(0.1)).dataSync<'float32'>(),
    );
    assertClose([after.cosine!], cosine.value.dataSync());

    const stepThrough = (seen: Parameters) =>
      constraints.adversaryStep!({ learnable: seen, adversary, velocity, batch: batches.adversary });
    const [updated, old] = [stepThrough(after.state.set.parameters), stepThrough(learnable)];
    assert.deepEqual(valuesOf(after.state.adversary.parameters), valuesOf(updated.parameters));
    assert.deepEqual(valuesOf(after.state.adversary.velocity), valuesOf(updated.velocity));
    assert.equal(after.adversaryLoss, updated.value.dataSync()[0]);
    assert.notEqual(after.adversaryLoss, old.value.dataSync()[0]);
  });
});

test('each player is given its own batch, and L_cos the adversary before its step', () => {
  tf.tidy(() => {
    const { state, gradients, batches } = begin();
    const seen: { cosine?: CosineInputs; adversary?: AdversaryInputs } = {};
    jointUpdate(state, gradients, {
      parts,
      optimisers,
      game: {
        batches,
        constraints: {
          cosineWeight: 0.1,
          cosine: (given) => constraints.cosine((seen.cosine = given)),
          adversaryStep: (given) => constraints.adversaryStep!((seen.adversary = given)),
        },
      },
    });
    assert.equal(seen.cosine!.batch, batches.cosine);
    assert.equal(seen.adversary!.batch, batches.adversary);
    assert.equal(seen.cosine!.adversary, state.adversary.parameters);
    assert.equal(seen.cosine!.learnable, state.set.parameters);
  });
});

test('without a game the set follows the task alone, and an idle adversary stays, in tensors of its own', () => {
  const alive = tf.memory().numTensors;
  tf.tidy(() => {
    const { state, gradients, batches } = begin();
    const alone = jointUpdate(state, gradients, { parts, optimisers });
    assert.equal(alone.cosine, undefined);
    assert.equal(alone.adversaryLoss, undefined);
    assertClose(
      alone.state.set.parameters.bases,
      state.set.parameters.bases.sub(gradients.set.bases.mul(3)).dataSync<'float32'>(),
      1e-6,
    );
    const idle = { ...constraints, adversaryStep: undefined };
    const one = jointUpdate(state, gradients, { parts, optimisers, game: { constraints: idle, batches } });
    assert.ok(one.cosine! > 0);
    assert.equal(one.adversaryLoss, undefined);
    for (const { adversary } of [alone.state, one.state]) {
      const before = state.adversary.parameters;
      assert.deepEqual(valuesOf(adversary.parameters), valuesOf(before));
      for (const [name, tensor] of Object.entries(adversary.parameters)) assert.notEqual(tensor, before[name]);
    }
  });
  assert.equal(tf.memory().numTensors, alive);
});

test('an update makes a state and nothing else; one that fails makes nothing, and leaves what it was given', () => {
  const alive = tf.memory().numTensors;
  const { state, gradients, batches } = begin();
  const given = tf.memory().numTensors;
  const { state: next } = jointUpdate(state, gradients, { game: { constraints, batches }, parts, optimisers });
  assert.equal(tf.memory().numTensors, given + flatten(next).tensors.length);
  tf.dispose(next);

  const failing = {
    ...constraints,
    adversaryStep: () => {
      throw new Error('no step');
    },
  };
  assert.throws(
    () => jointUpdate(state, gradients, { game: { constraints: failing, batches }, parts, optimisers }),
    /no step/,
  );
  assert.equal(tf.memory().numTensors, given);
  assert.ok(Object.values(state.set.parameters).every((tensor) => !tensor.isDisposed));
  tf.dispose([state, gradients, batches]);
  assert.equal(tf.memory().numTensors, alive);
});
