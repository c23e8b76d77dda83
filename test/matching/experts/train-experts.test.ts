import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readSafetensors } from '../../../lib/files/safetensors';
import { useBackend } from '../../../lib/tensor/backend';
import { tf } from '../../../lib/tensor/tensorflow';
import { deadHolder } from '../../files/dead-holder';
import { epochs, settings, train } from './small-experts';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-experts-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('experts that were stopped go on, and end in the same bytes; more, and more epochs, are added to those there', async () => {
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
  assert.deepEqual(await train(path.join(folder, 'whole')), { folder: whole, seconds }, 'nothing is left to do');

  const before = epochs(whole);
  const trained: number[] = [];
  await train(path.join(folder, 'whole'), { count: 3, epochs: 4, onEpoch: (done) => trained.push(done) });
  assert.deepEqual(trained, [4, 8, 9, 10, 11, 12]);
  const grown = epochs(whole);
  assert.equal(Object.keys(grown).length, 3 * 5);
  for (const [file, bytes] of Object.entries(before)) assert.deepEqual(grown[file], bytes);
  assert.equal(tf.memory().numTensors, tensors);
});

test('experts one by one, in any order, and two calls that share the work, come to the same bytes as all in a row', async () => {
  const { folder: whole } = await train(path.join(folder, 'in-a-row'), { count: 3 });
  const apart = path.join(folder, 'one-by-one');
  const { folder: trained } = await train(apart, { count: 3, only: [2] });
  const files = Object.keys(epochs(trained));
  assert.equal(files.length, 4);
  assert.ok(files.every((file) => file.startsWith('expert-002')));
  await train(apart, { count: 3, only: [0, 1] });
  assert.deepEqual(epochs(trained), epochs(whole));
  await assert.rejects(train(apart, { count: 3, only: [3] }), /There is no expert 3; of 3 experts there are 0 to 2\./);

  const shared = path.join(folder, 'shared');
  const steps = [0, 0, 0];
  const counting = (call: number) => ({ count: 3, onEpoch: () => void steps[call]++ });
  const both = await Promise.all([train(shared, counting(0)), train(shared, counting(1))]);
  assert.deepEqual(epochs(both[0].folder), epochs(whole));
  assert.equal(steps[0] + steps[1], 3 * 3, 'no epoch is trained twice');
  assert.ok(steps[0] > 0 && steps[1] > 0, `each trained some: ${steps.join()}`);
});

test('killed between the last epoch and the release of the lock: the next call clears it', async () => {
  const experts = path.join(folder, 'killed');
  const { folder: trained } = await train(experts);
  const before = readdirSync(trained);
  // Of an expert; and of all together, as an earlier version held them.
  for (const held of [path.join(trained, 'expert-001'), trained]) {
    const inside = readdirSync(held);
    writeFileSync(path.join(held, 'holder.json'), deadHolder());
    await train(experts);
    assert.deepEqual(readdirSync(held), inside);
  }
  assert.deepEqual(readdirSync(trained), before);
});

test('what somebody removed, as damaged files are to be, is made again in the same bytes; the folder itself may be named', async () => {
  const { folder: trained } = await train(path.join(folder, 'removed'));
  const before = epochs(trained);
  const manifest = readFileSync(path.join(trained, 'manifest.json'));
  for (const file of ['expert-001/epoch-001.safetensors', 'expert-000/state.safetensors']) {
    rmSync(path.join(trained, file));
    const { folder: again } = await train(trained);
    assert.equal(again, trained);
    assert.deepEqual(epochs(trained), before, file);
  }
  rmSync(path.join(trained, 'manifest.json'));
  await train(path.join(folder, 'removed'));
  assert.deepEqual(readFileSync(path.join(trained, 'manifest.json')), manifest);
});

test('a state of another expert, or damaged, is refused by name, with what to do; nothing goes on from it', async () => {
  const experts = path.join(folder, 'swapped');
  const advice = 'They are made by: a command.';
  const { folder: trained } = await train(experts);
  const [first, second] = ['000', '001'].map((name) => path.join(trained, `expert-${name}`, 'state.safetensors'));
  const whole = readFileSync(second);
  const wayOut =
    'Remove it, and train these experts again, which makes what is missing\\. They are made by: a command\\.$';
  const refused = async (content: Buffer, said: string) => {
    writeFileSync(second, content);
    const more = train(experts, { epochs: 4, advice });
    await assert.rejects(more, new RegExp(`expert-001/state\\.safetensors ${said}.* ${wayOut}`));
    assert.deepEqual(readFileSync(second), content);
  };
  await refused(readFileSync(first), "cannot be used: its metadata 'expert' is '0', expected '1'\\.");
  const flipped = Buffer.from(whole);
  flipped[flipped.length - 3] ^= 1;
  await refused(flipped, 'is not a usable safetensors file: its content does not fit its checksum');
  const others = await train(experts, { settings: { ...settings, seed: 1 } });
  await refused(
    readFileSync(path.join(others.folder, 'expert-001', 'state.safetensors')),
    `cannot be used: its metadata 'experts' is '${path.basename(others.folder)}', expected '${path.basename(trained)}'`,
  );
});

test('experts of other settings, in a folder that is named itself, are not added to', async () => {
  const { folder: trained } = await train(path.join(folder, 'named'), { count: 1, epochs: 0 });
  const before = readdirSync(trained);
  const refused = train(trained, { settings: { ...settings, seed: 3 }, advice: 'This is how.' });
  await assert.rejects(refused, /were trained for another configuration: seed is 0 there, and 3 here\. This is how\.$/);
  assert.deepEqual(readdirSync(trained), before);
});

test('a loss or parameters that are no numbers end it with a sentence, and nothing of that epoch is kept', async () => {
  const tensors = tf.memory().numTensors;
  const rates = { ...settings, learningRate: 1e30 };
  // One step an epoch: its loss is that of the parameters before it, and shows nothing.
  const oneStep = { ...settings, learningRate: 1e300, batchSize: 24 };
  const cases: [string, typeof settings, string][] = [
    ['loss', rates, 'has a loss of (NaN|Infinity)'],
    ['parameters', oneStep, 'left parameters that are no numbers'],
  ];
  for (const [name, diverging, what] of cases) {
    const kept: number[] = [];
    const experts = path.join(folder, name);
    const diverged = train(experts, { settings: diverging, onEpoch: (done) => kept.push(done) });
    await assert.rejects(
      diverged,
      new RegExp(
        `Epoch 1 in .*expert-000 ${what}: it diverged with matching\\.experts\\.learningRate 1e\\+300?, momentum 0\\. ` +
          'The 0 epochs before it are kept\\. Try a smaller rate\\.$',
      ),
    );
    assert.deepEqual(kept, []);
    assert.deepEqual(
      Object.keys(epochs(experts)).map((file) => path.basename(file)),
      ['epoch-000.safetensors'],
    );
  }
  assert.equal(tf.memory().numTensors, tensors);
});

test('too little disk space is said before anything is trained, in numbers', async () => {
  const experts = path.join(folder, 'space');
  const trained: number[] = [];
  const asked = train(experts, { count: 3, epochs: 1e12, onEpoch: (done) => trained.push(done) });
  await assert.rejects(
    asked,
    /too little space for the experts in .*space.*: 3 of 1000000000000 epochs need \d+ MB more, and [\d.]+ MB are free\. Free some space, .*'matching\.experts\.epochs'/,
  );
  assert.deepEqual(trained, []);
  const [name] = readdirSync(experts);
  assert.deepEqual(readdirSync(path.join(experts, name)), ['manifest.json']);
});

test('each file says whose it is', async () => {
  const { folder: trained } = await train(path.join(folder, 'said'), { count: 2, epochs: 1 });
  const of = (...parts: string[]) => readSafetensors(path.join(trained, ...parts), { requireChecksum: true }).metadata;
  const experts = path.basename(trained);
  assert.deepEqual(of('expert-001', 'epoch-001.safetensors'), { experts, expert: '1', epoch: '1' });
  const { seconds, ...state } = of('expert-001', 'state.safetensors');
  assert.deepEqual(state, { experts, expert: '1', epoch: '1' });
  assert.ok(Number(seconds) > 0);
  assert.ok(existsSync(path.join(trained, 'manifest.json')));
});
