/** Each part of a set moves at its own rate, with its own momentum, and the step size stays above its bound. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  partwiseStep,
  requireOptimisers,
  startVelocity,
  type PartwiseOptions,
} from '../../lib/distillation/partwise-step';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';

before(() => useBackend());

const optimisers: PartwiseOptions['optimisers'] = {
  bases: { learningRate: 10, momentum: 0.5 },
  hallucinators: { learningRate: 1, momentum: 0 },
  stepSize: { learningRate: 0.1, momentum: 0.9 },
};
/** Names say nothing: the part does. */
const tensors = {
  bases: { part: 'bases' },
  'hallucinators.enc.weight': { part: 'hallucinators' },
  'hallucinators.scale': { part: 'hallucinators' },
  stepSize: { part: 'stepSize' },
};
const names = ['bases', 'hallucinators.enc.weight', 'hallucinators.scale', 'stepSize'];
const all = (value: number): Parameters => Object.fromEntries(names.map((name) => [name, tf.scalar(value)]));
const at = (value: number, velocity: number) => ({ parameters: all(value), velocity: all(velocity) });
const valueOf = (parameters: Parameters, name: string) => parameters[name].dataSync<'float32'>()[0];

test('two steps: v = momentum * v + g and p = p - rate * v, with the rate and momentum of the part', () => {
  const alive = tf.memory().numTensors;
  tf.tidy(() => {
    const gradients = all(2);
    const first = partwiseStep(at(1, 0), gradients, { tensors, optimisers });
    const second = partwiseStep(first, gradients, { tensors, optimisers });
    const expected: Record<string, [after: number[], velocity: number[]]> = {
      bases: [
        [1 - 10 * 2, 1 - 10 * 2 - 10 * 3],
        [2, 3],
      ],
      'hallucinators.enc.weight': [
        [1 - 2, 1 - 4],
        [2, 2],
      ],
      'hallucinators.scale': [
        [1 - 2, 1 - 4],
        [2, 2],
      ],
      stepSize: [
        [1 - 0.2, 1 - 0.2 - 0.1 * 3.8],
        [2, 3.8],
      ],
    };
    for (const [name, [after, velocity]] of Object.entries(expected)) {
      assertClose([valueOf(first.parameters, name), valueOf(second.parameters, name)], after);
      assertClose([valueOf(first.velocity, name), valueOf(second.velocity, name)], velocity);
    }
  });
  assert.equal(tf.memory().numTensors, alive);
});

test('the step size is cut off after its update, and its velocity and all else are not', () => {
  tf.tidy(() => {
    const step = (smallest?: number) =>
      partwiseStep(at(1, 0), all(20), {
        tensors: { ...tensors, stepSize: { part: 'stepSize', smallest } },
        optimisers,
      });
    const [free, bounded] = [step(), step(0.25)];
    assertClose([valueOf(free.parameters, 'stepSize'), valueOf(bounded.parameters, 'stepSize')], [-1, 0.25]);
    assertClose([valueOf(bounded.velocity, 'stepSize')], [20]);
    for (const name of names.slice(0, 3)) {
      assert.equal(valueOf(bounded.parameters, name), valueOf(free.parameters, name));
    }
    // A bound that lies below where the step ends changes nothing.
    assertClose([valueOf(step(-2).parameters, 'stepSize')], [-1]);
  });
});

test('a part that says a largest norm is clipped, over its tensors together, before its momentum; others are not', () => {
  const alive = tf.memory().numTensors;
  tf.tidy(() => {
    const clipping = { ...optimisers, hallucinators: { ...optimisers.hallucinators, clipNorm: 5 } };
    const gradients = { ...all(2), 'hallucinators.enc.weight': tf.scalar(6), 'hallucinators.scale': tf.scalar(-8) };
    const next = partwiseStep(at(1, 0), gradients, { tensors, optimisers: clipping });
    const gradientOf = (name: string) => valueOf(next.velocity, name);
    assertClose(names.map(gradientOf), [2, 3, -4, 2]);
    assertClose([valueOf(next.parameters, 'hallucinators.scale')], [5]);
  });
  assert.equal(tf.memory().numTensors, alive);
});

test('nothing given is changed or freed, and what is returned has tensors of its own', () => {
  const alive = tf.memory().numTensors;
  const [parameters, gradients, velocity] = [all(1), all(2), all(3)];
  const bounded = { ...tensors, stepSize: { part: 'stepSize', smallest: 0.001 } };
  const next = partwiseStep({ parameters, velocity }, gradients, { tensors: bounded, optimisers });
  assert.equal(tf.memory().numTensors, alive + 5 * names.length);
  disposeAll(next.parameters, next.velocity);
  for (const [record, value] of [
    [parameters, 1],
    [gradients, 2],
    [velocity, 3],
  ] as const) {
    mapParameters(record, (tensor, name) => {
      assert.equal(valueOf(record, name), value);
      return tensor;
    });
  }
  disposeAll(parameters, gradients, velocity);
  assert.equal(tf.memory().numTensors, alive);
});

test('a tensor moves with the part that it is said to be of, whatever its name; a fixed one stays, and has no velocity', () => {
  tf.tidy(() => {
    const named = { coefficients: { part: 'hallucinators' }, mask: {} };
    const parameters = { coefficients: tf.scalar(1), mask: tf.scalar(3, 'int32') };
    const gradients = { coefficients: tf.scalar(2) };
    const velocity = { coefficients: tf.scalar(0) };
    const next = partwiseStep({ parameters, velocity }, gradients, { tensors: named, optimisers });
    assertClose([valueOf(next.parameters, 'coefficients')], [1 - 2]);
    assert.equal(next.parameters.mask.dataSync()[0], 3);
    assert.notEqual(next.parameters.mask, parameters.mask);
    assert.deepEqual(Object.keys(next.velocity), ['coefficients']);
  });
});

test('a part without an optimiser is refused, with those that there are', () => {
  const mask = {};
  requireOptimisers({ tensors: { ...tensors, mask }, optimisers });
  assert.throws(
    () => requireOptimisers({ tensors: { coefficients: { part: 'dictionary' } }, optimisers }),
    /'coefficients' is of the part 'dictionary', which has no optimiser; there are bases, hallucinators, stepSize/,
  );
});

test('a part that moves by Adam: its first two steps by hand, others by SGD beside it, nothing left behind', () => {
  const alive = tf.memory().numTensors;
  tf.tidy(() => {
    const mixed: PartwiseOptions['optimisers'] = {
      ...optimisers,
      bases: { rule: 'adam', learningRate: 0.1, momentum: 0.9 },
      hallucinators: { learningRate: 1, momentum: 0, weightDecay: 0.5 },
    };
    const start = startVelocity(all(1), { tensors, optimisers: mixed });
    assert.deepEqual(Object.keys(start), ['bases', 'bases.square', 'bases.updates', ...names.slice(1)]);
    assert.ok(Object.values(start).every((tensor) => tensor.dataSync()[0] === 0));
    const first = partwiseStep({ parameters: all(1), velocity: start }, all(2), { tensors, optimisers: mixed });
    const second = partwiseStep(first, all(-1), { tensors, optimisers: mixed });
    assert.deepEqual(Object.keys(second.velocity), Object.keys(start));
    assert.deepEqual([valueOf(first.velocity, 'bases.updates'), valueOf(second.velocity, 'bases.updates')], [1, 2]);
    // m = 0.2, then 0.9 * 0.2 - 0.1 of 0.19; s = 0.004, then 0.999 * 0.004 + 0.001 of 0.001999.
    const moved = (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999);
    assertClose([valueOf(first.parameters, 'bases'), valueOf(second.parameters, 'bases')], [0.9, 0.9 - moved]);
    // With an L2 penalty of 0.5 the gradient is 2 + 0.5.
    assertClose([valueOf(first.parameters, 'hallucinators.scale')], [-1.5]);
  });
  assert.equal(tf.memory().numTensors, alive);
});

test('what is fixed has no velocity to start with', () => {
  tf.tidy(() => {
    const fixed = { ...tensors, bases: {} };
    assert.deepEqual(Object.keys(startVelocity(all(1), { tensors: fixed, optimisers })), names.slice(1));
  });
});
