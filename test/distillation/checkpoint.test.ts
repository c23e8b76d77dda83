/** Checkpoints keep the layout that runs of days are stored in: what a method learns among the set's tensors, each beside its velocity. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readCheckpoint, writeCheckpoint } from '../../lib/distillation/checkpoint';
import { releaseState, type DistillationState } from '../../lib/distillation/distillation';
import { readSafetensors } from '../../lib/files/safetensors';
import { useBackend } from '../../lib/tensor/backend';
import { writeTensors } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-checkpoint-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Each tensor has a number of its own; `mask` is fixed, and has no velocity. */
const layout = {
  'parameters.bases': [1, 2],
  'parameters.mask': [3],
  'parameters.stepSize': [4],
  'velocity.bases': [5, 6],
  'velocity.stepSize': [7],
  'adversary.weight': [8],
  'adversaryVelocity.weight': [9],
};
const stateOf = (value: (name: keyof typeof layout) => number[]): DistillationState => {
  const tensor = (name: keyof typeof layout) => tf.tensor1d(value(name), 'float32');
  return {
    iteration: 12,
    set: {
      parameters: { bases: tensor('parameters.bases'), mask: tensor('parameters.mask') },
      velocity: { bases: tensor('velocity.bases') },
    },
    method: {
      parameters: { stepSize: tensor('parameters.stepSize') },
      velocity: { stepSize: tensor('velocity.stepSize') },
    },
    adversary: {
      parameters: { weight: tensor('adversary.weight') },
      velocity: { weight: tensor('adversaryVelocity.weight') },
    },
  };
};

test('a file of that layout is read into the tree, each tensor in its place', () => {
  const file = path.join(folder, 'stored.safetensors');
  const tensors = Object.fromEntries(Object.entries(layout).map(([name, values]) => [name, tf.tensor1d(values)]));
  writeTensors(file, tensors, { run: 'abc', iteration: '12', metricsBytes: '34' });
  const like = stateOf((name) => layout[name].map(() => 0));
  const { state, metricsBytes } = readCheckpoint(file, like, { identity: 'abc' });
  assert.equal(state.iteration, 12);
  assert.equal(metricsBytes, 34);
  const plain = (one: DistillationState): unknown =>
    JSON.parse(
      JSON.stringify(one, (_, value: unknown) => (value instanceof tf.Tensor ? [...value.dataSync()] : value)),
    );
  const expected = stateOf((name) => layout[name]);
  assert.deepEqual(plain(state), plain(expected));
  [state, like, expected].forEach(releaseState);
  tf.dispose(tensors);
});

test('and written into it', () => {
  const file = path.join(folder, 'written.safetensors');
  const state = stateOf((name) => layout[name]);
  const tensors = tf.memory().numTensors;
  writeCheckpoint(file, { state, metricsBytes: 34, run: 'abc' });
  assert.equal(tf.memory().numTensors, tensors);
  const written = Object.entries(readSafetensors(file).tensors).map(([name, { values }]) => [name, [...values]]);
  assert.deepEqual(Object.fromEntries(written), layout);
  releaseState(state);
});
