/** Any matching loss on any set: compiled and eager agree, no tensor is left behind, and memory does not grow. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Configuration, ConfigurationInput } from '../../lib/distillation/configuration';
import { createDistillation, releaseState, type DistillationState } from '../../lib/distillation/distillation';
import { useBackend } from '../../lib/tensor/backend';
import { withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';
import { smallConfiguration, smallData, smallExperts } from './small-world';

const data = smallData();
let experts: string;
before(async () => {
  await useBackend();
  experts = mkdtempSync(path.join(tmpdir(), 'haba-experts-'));
  await smallExperts(smallConfiguration({ matching: { method: 'mtt' } }), data, experts);
});
after(() => rmSync(experts, { recursive: true, force: true }));

const sets: Record<string, ConfigurationInput['set']> = {
  images: { kind: 'images', ipc: 3 },
  'multi-formation of factor 2': { kind: 'images', ipc: 2, factor: 2 },
  'multi-formation of factor 3': { kind: 'images', ipc: 2, factor: 3 },
  'HaBa on colour bases': { kind: 'haba', basesPerClass: 2, hallucinators: 3 },
  'HaBa on single-channel bases': { kind: 'haba', basesPerClass: 2, hallucinators: 2, channels: 'single' },
  'HaBa on multi-formation bases': { kind: 'haba', basesPerClass: 2, hallucinators: 2, factor: 2 },
};
const methods = ['dm', 'dc', 'dsa', 'mtt'] as const;

/** Runs iterations; `each` sees the state after every one of them. */
async function iterate(
  configuration: Configuration,
  count: number,
  each: (state: DistillationState, loss: number) => void,
): Promise<void> {
  const distillation = createDistillation(configuration, data, { experts });
  let state = distillation.start();
  for (let iteration = 0; iteration < count; iteration++) {
    const next = await distillation.iterate(state);
    state = next.state;
    each(state, next.metrics.loss);
  }
  releaseState(state);
  distillation.dispose();
}

/** Everything learnable after two iterations, name by name, and the losses. */
async function outcome(configuration: Configuration) {
  const losses: number[] = [];
  let values: Record<string, Float32Array> = {};
  await iterate(configuration, 2, ({ set, method }, loss) => {
    losses.push(loss);
    values = Object.fromEntries(
      Object.entries({ ...set.parameters, ...method.parameters }).map(([name, tensor]) => [
        name,
        tensor.dataSync<'float32'>().slice(),
      ]),
    );
  });
  return { losses, values };
}

/** @param tolerance of the relative L2 distance */
function assertClose(first: ArrayLike<number>, second: ArrayLike<number>, what: string, tolerance = 1e-4): void {
  let [distance, size] = [0, 0];
  for (let place = 0; place < first.length; place++) {
    distance += (first[place] - second[place]) ** 2;
    size += second[place] ** 2;
  }
  assert.ok(distance <= tolerance ** 2 * size + 1e-14, `${what}: relative distance ${Math.sqrt(distance / size)}`);
}

for (const method of methods) {
  for (const [name, set] of Object.entries(sets)) {
    test(`${method} on ${name}: compiled and eager agree; the set moves`, async () => {
      const tensors = tf.memory().numTensors;
      const input: ConfigurationInput = { matching: { method }, set, seed: 3 };
      const compiled = await outcome(smallConfiguration(input));
      const eager = await withExecution('eager', () => outcome(smallConfiguration(input)));
      assertClose(compiled.losses, eager.losses, 'losses');
      for (const key of Object.keys(eager.values)) assertClose(compiled.values[key], eager.values[key], key);
      assert.ok(compiled.losses.every((loss) => Number.isFinite(loss) && loss > 0));
      const moved = await outcome(smallConfiguration({ ...input, optimisers: { bases: { learningRate: 1e-9 } } }));
      assert.notDeepEqual(moved.values.bases, compiled.values.bases);
      assert.equal(tf.memory().numTensors, tensors);
    });
  }
  test(`${method}: as many tensors after every iteration`, async () => {
    for (const mode of ['compiled', 'eager'] as const) {
      const counts: number[] = [];
      const input: ConfigurationInput = { matching: { method }, set: sets['HaBa on colour bases'] };
      await withExecution(mode, () => iterate(smallConfiguration(input), 6, () => counts.push(tf.memory().numTensors)));
      assert.deepEqual(counts.slice(1), counts.slice(1).fill(counts[1]), mode);
    }
  });
}

test('trajectory matching, stepwise: the gradient of the full unroll, with the same draws', async () => {
  for (const set of [sets['HaBa on colour bases'], sets['multi-formation of factor 2']]) {
    const of = (unroll: 'full' | 'stepwise') => smallConfiguration({ matching: { method: 'mtt', unroll }, set });
    const [full, stepwise] = [await outcome(of('full')), await outcome(of('stepwise'))];
    assertClose(stepwise.losses, full.losses, 'losses');
    for (const key of Object.keys(full.values)) assertClose(stepwise.values[key], full.values[key], key);
  }
});

test('trajectory matching: resident memory after 20 iterations is within a tenth of that after 5', async () => {
  const resident: number[] = [];
  const input: ConfigurationInput = { matching: { method: 'mtt' }, set: sets['HaBa on colour bases'] };
  await iterate(smallConfiguration(input), 20, () => resident.push(process.memoryUsage().rss));
  assert.ok(resident[19] < 1.1 * resident[4], `${resident[4]} grew to ${resident[19]} bytes`);
});

test('a stop is heard within an iteration: the state before it stays as it was, and the same iteration comes again', async () => {
  const configuration = smallConfiguration({
    matching: { method: 'dsa', outerLoops: 3, innerLoops: 40 },
    set: sets['HaBa on colour bases'],
  });
  const distillation = createDistillation(configuration, data);
  const state = distillation.start();
  const kept = tf.memory().numTensors;
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  await assert.rejects(distillation.iterate(state, stop.signal), { name: 'AbortError' });
  assert.equal(tf.memory().numTensors, kept);
  const [again, undisturbed] = [state, distillation.start()].map((from) => distillation.iterate(from));
  const losses = [(await again).metrics.loss, (await undisturbed).metrics.loss];
  assert.equal(losses[0], losses[1]);
  for (const { state: last } of [await again, await undisturbed]) releaseState(last);
  distillation.dispose();
});
