import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { expertSettings } from '../../lib/distillation/expert-settings';
import { openExperts, parameterShapes, trainExperts } from '../../lib/matching/experts';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { deadHolder } from '../files/dead-holder';
import { smallConfiguration, smallData } from '../distillation/small-world';

const data = smallData();
const configuration = smallConfiguration({ matching: { method: 'mtt' } });
const settings = expertSettings(configuration, data);
const { imageShape, classCount } = data.train;
const network = createNetwork({ ...configuration.network, imageShape, classCount });
const augmentation = createAugmentation(configuration.augmentation);

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-experts-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const train = (experts: string, options: Partial<Parameters<typeof trainExperts>[0]> = {}) =>
  trainExperts({ settings, data, network, augmentation, count: 2, epochs: 3, experts, ...options });

function open(experts: string, options: Partial<Parameters<typeof openExperts>[0]> = {}) {
  const shapes = parameterShapes(network);
  return openExperts({
    settings,
    shapes,
    count: 2,
    epochs: 3,
    latestStartEpoch: 2,
    expertEpochs: 1,
    experts,
    ...options,
  });
}

/** Bytes of every epoch of every expert. */
function epochs(trained: string): Record<string, Buffer> {
  const files = readdirSync(trained, { recursive: true }) as string[];
  const wanted = files.filter((file) => path.basename(file).startsWith('epoch-')).sort();
  return Object.fromEntries(wanted.map((file) => [file, readFileSync(path.join(trained, file))]));
}

test('experts that were stopped go on, and end in the same bytes; more are added to those there', async () => {
  const tensors = tf.memory().numTensors;
  const { folder: whole, seconds } = await train(path.join(folder, 'whole'));
  assert.ok(seconds > 0);
  const stopped = path.join(folder, 'stopped');
  for (const epoch of [1, 2, 4]) {
    const controller = new AbortController();
    const onEpoch = (done: number) => {
      if (done === epoch) controller.abort();
    };
    await assert.rejects(train(stopped, { signal: controller.signal, onEpoch }), { name: 'AbortError' });
  }
  const { folder: resumed } = await train(stopped);
  assert.deepEqual(epochs(resumed), epochs(whole));
  assert.equal(Object.keys(epochs(whole)).length, 2 * 4);

  const before = epochs(whole);
  await train(path.join(folder, 'whole'), { count: 3, epochs: 4 });
  const grown = epochs(whole);
  assert.equal(Object.keys(grown).length, 3 * 5);
  for (const [file, bytes] of Object.entries(before)) assert.deepEqual(grown[file], bytes);
  assert.equal(tf.memory().numTensors, tensors);
});

test('killed between the last epoch and the release of the lock: the next call clears it', async () => {
  const experts = path.join(folder, 'killed');
  const { folder: trained } = await train(experts);
  const before = readdirSync(trained);
  writeFileSync(path.join(trained, 'holder.json'), deadHolder());
  await train(experts);
  assert.deepEqual(readdirSync(trained), before);
});

test('a segment: start and target of one expert, as many epochs apart as asked', async () => {
  const experts = path.join(folder, 'segments');
  const { folder: trained } = await train(experts);
  const draw = open(experts);
  for (let drawn = 0; drawn < 5; drawn++) {
    const { start, target } = draw(Random.stream(drawn, 'test'));
    const [first, later] = [start, target].map((parameters) => {
      const wanted = Buffer.from(parameters['classifier.weight'].dataSync<'float32'>().slice().buffer);
      return Object.entries(epochs(trained)).find(([, bytes]) => bytes.includes(wanted))?.[0];
    });
    const epochOf = (file = '') => Number(/epoch-(\d+)/.exec(file)?.[1]);
    assert.equal(path.dirname(first ?? ''), path.dirname(later ?? '-'));
    assert.equal(epochOf(later), epochOf(first) + 1);
    assert.ok(epochOf(first) < 2);
    disposeAll(start, target);
  }
});

test('experts that are missing, unfinished, or of another configuration: what is wrong, and the command that makes them', async () => {
  const nowhere = path.join(folder, 'nowhere');
  assert.throws(
    () => open(nowhere),
    /There are no experts for this configuration in .*nowhere \(it has none\)\. .*npm run haba -- experts .* --experts .*nowhere$/,
  );
  const experts = path.join(folder, 'unfinished');
  const { folder: trained } = await train(experts, { epochs: 2 });
  assert.throws(() => open(experts), /not finished: expert-000 has no epoch 3\. .*matching\.experts\.epochs=3/);
  const wider = { ...settings, network: { ...settings.network, width: 5 } };
  assert.throws(
    () => open(experts, { settings: wider }),
    /no experts for this configuration .*\(it has small-normalise-ConvNet-/,
  );
  // Given the folder of other experts itself.
  const zca = { ...settings, whitening: 'zca' };
  assert.throws(
    () => open(trained, { settings: zca }),
    /were trained for another configuration: whitening is normalise there, and zca here|no experts for this configuration/,
  );
});

test('a truncated buffer, and an expert of another shape: the file is named', async () => {
  const experts = path.join(folder, 'damaged');
  const { folder: trained } = await train(experts, { count: 1 });
  const draw = open(experts, { count: 1, latestStartEpoch: 1 });
  const file = path.join(trained, 'expert-000', 'epoch-001.safetensors');
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length - 10));
  assert.throws(() => draw(Random.stream(0, 'test')), /epoch-001\.safetensors/);
  assert.equal(readFileSync(file).length, whole.length - 10);
  writeFileSync(file, whole);
  const shapes = { ...parameterShapes(network), 'classifier.bias': [7] };
  const other = open(experts, { count: 1, latestStartEpoch: 1, shapes });
  assert.throws(
    () => other(Random.stream(0, 'test')),
    /epoch-000\.safetensors is an expert of another shape: 'classifier\.bias' is \[2\], expected \[7\]/,
  );
});
