import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parameterShapes } from '../../../lib/networks/parameter-shapes';
import { useBackend } from '../../../lib/tensor/backend';
import { disposeAll } from '../../../lib/tensor/parameters';
import { Random } from '../../../lib/tensor/random';
import { tf } from '../../../lib/tensor/tensorflow';
import { epochs, network, open, settings, train } from './small-experts';

let folder: string;
let trained: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-experts-'));
  ({ folder: trained } = await train(path.join(folder, 'whole')));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the experts that may be spoilt. */
function copy(name: string): { experts: string; home: string } {
  const experts = path.join(folder, name);
  const home = path.join(experts, path.basename(trained));
  cpSync(trained, home, { recursive: true });
  return { experts, home };
}

test('a segment: start and target of one expert, as many epochs apart as asked', () => {
  const draw = open(path.join(folder, 'whole'));
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

test('experts that are missing, unfinished, or of another configuration: what is wrong, and the advice', async () => {
  const advice = 'They are made by: a command.';
  const nowhere = path.join(folder, 'nowhere');
  assert.throws(
    () => open(nowhere, { advice }),
    /There are no experts for this configuration in .*nowhere \(it has none\)\. They are made by: a command\.$/,
  );
  const experts = path.join(folder, 'unfinished');
  const { folder: unfinished } = await train(experts, { epochs: 1 });
  open(experts, { latestStartEpoch: 1 });
  assert.throws(() => open(experts, { advice }), /not finished: expert-000 has no epoch 2\. They are made by/);
  rmSync(path.join(unfinished, 'expert-001', 'epoch-000.safetensors'));
  assert.throws(() => open(experts, { latestStartEpoch: 1 }), /not finished: expert-001 has no epoch 0\./);
  const wider = { ...settings, network: { ...settings.network, width: 5 } };
  assert.throws(
    () => open(experts, { settings: wider }),
    /no experts for this configuration .*\(it has small-normalise-ConvNet-/,
  );
  // Given the folder of other experts itself.
  for (const [other, said] of [
    [{ ...settings, whitening: 'zca' }, 'whitening is normalise there, and zca here'],
    [wider, 'network.width is 4 there, and 5 here'],
    [{ ...settings, holdOut: true }, 'holdOut is false there, and true here'],
    [{ ...settings, dataset: 'other' }, 'dataset is small there, and other here'],
  ] as const) {
    assert.throws(
      () => open(trained, { settings: other, advice }),
      (error: Error) =>
        error.message.endsWith(`trained for another configuration: ${said}. They are made by: a command.`),
    );
  }
});

test('experts from elsewhere, in a folder of any name, are those that their manifest says', () => {
  const elsewhere = path.join(folder, 'from-a-friend');
  cpSync(trained, elsewhere, { recursive: true });
  const { start, target } = open(elsewhere)(Random.stream(0, 'test'));
  disposeAll(start, target);
});

test('experts of the first format are called so, and stay', async () => {
  const { experts, home } = copy('first-format');
  const old = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'holdOut'));
  const manifest = path.join(home, 'manifest.json');
  writeFileSync(manifest, JSON.stringify(old, undefined, 2));
  const named = path.join(experts, 'small-normalise-ConvNet-0123456789');
  renameSync(home, named);
  const said = 'are of the first format, in which students could start where experts did: nothing reads them any more';
  assert.throws(() => open(experts), new RegExp(`\\(it has none; small-normalise-ConvNet-0123456789 ${said}`));
  assert.throws(
    () => open(named, { advice: 'This is how.' }),
    new RegExp(`The experts in ${named} ${said}.*\\. This is how\\.$`),
  );
  await assert.rejects(train(named), new RegExp(said));
  await train(experts, { count: 1, epochs: 0 });
  assert.deepEqual(JSON.parse(readFileSync(path.join(named, 'manifest.json'), 'utf8')), old);
});

/** A safetensors file as another program would write it. */
function withoutChecksum(whole: Buffer): Buffer {
  const headerBytes = Number(whole.readBigUInt64LE());
  const header = JSON.parse(whole.toString('utf8', 8, 8 + headerBytes)) as { __metadata__: Record<string, string> };
  delete header.__metadata__.sha256;
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, whole.subarray(8 + headerBytes)]);
}

test('a file that is damaged, or of another epoch, expert or configuration, is refused by name, with what to do', async () => {
  const { experts, home } = copy('damaged');
  const tensors = tf.memory().numTensors;
  const [name, place] = ['epoch-001.safetensors', path.join(home, 'expert-000', 'epoch-001.safetensors')];
  const whole = readFileSync(place);
  const draw = () =>
    open(experts, { count: 1, latestStartEpoch: 1, advice: 'They are made by: a command.' })(Random.stream(0, 'test'));
  const wayOut = ' Remove it, and train these experts again, which makes what is missing. They are made by: a command.';
  const refused = (content: Buffer, said: string) => {
    writeFileSync(place, content);
    assert.throws(draw, (error: Error) => {
      assert.equal(error.message.slice(0, place.length + 1 + said.length), `${place} ${said}`);
      assert.ok(error.message.endsWith(wayOut), error.message);
      return true;
    });
    assert.deepEqual(readFileSync(place), content);
  };
  refused(whole.subarray(0, whole.length - 10), 'is not a usable safetensors file: its tensors take');
  for (const place of [40, Math.floor(whole.length / 2), whole.length - 1]) {
    const flipped = Buffer.from(whole);
    flipped[place] ^= 4;
    refused(flipped, 'is not a usable safetensors file: ');
  }
  refused(withoutChecksum(whole), 'is not a usable safetensors file: it carries no checksum.');
  const others = await train(path.join(folder, 'others'), { settings: { ...settings, seed: 1 }, count: 1, epochs: 1 });
  refused(
    readFileSync(path.join(home, 'expert-000', 'epoch-002.safetensors')),
    "cannot be used: its metadata 'epoch' is '2', expected '1'.",
  );
  refused(
    readFileSync(path.join(home, 'expert-001', name)),
    "cannot be used: its metadata 'expert' is '1', expected '0'.",
  );
  refused(
    readFileSync(path.join(others.folder, 'expert-000', name)),
    `cannot be used: its metadata 'experts' is '${path.basename(others.folder)}', expected '${path.basename(home)}'.`,
  );
  writeFileSync(place, whole);
  rmSync(path.join(home, 'expert-000', 'epoch-000.safetensors'));
  mkdirSync(path.join(home, 'expert-000', 'epoch-000.safetensors'));
  assert.throws(draw, /epoch-000\.safetensors is a folder; a file is expected there\. Remove it/);
  rmSync(path.join(home, 'expert-000', 'epoch-000.safetensors'), { recursive: true });
  copyFileSync(
    path.join(trained, 'expert-000', 'epoch-000.safetensors'),
    path.join(home, 'expert-000', 'epoch-000.safetensors'),
  );
  const { start, target } = draw();
  disposeAll(start, target);
  assert.equal(tf.memory().numTensors, tensors);
});

test('a damaged manifest is refused by name, with what to do', () => {
  const { experts, home } = copy('manifest');
  const manifest = path.join(home, 'manifest.json');
  const whole = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, whole.replace('"network.width": 4', '"network.width": 5'));
  assert.throws(
    () => open(experts, { advice: 'This is how.' }),
    /manifest\.json cannot be used: its content does not fit its checksum.* Remove it, and train these experts again, which writes what is missing\. This is how\.$/,
  );
  writeFileSync(manifest, whole.slice(0, 40));
  assert.throws(() => open(experts), /manifest\.json cannot be used: it is not JSON\./);
});

test('an expert of another shape: the file is named', () => {
  const shapes = { ...parameterShapes(network), 'classifier.bias': [7] };
  const other = open(path.join(folder, 'whole'), { count: 1, latestStartEpoch: 1, shapes });
  assert.throws(
    () => other(Random.stream(0, 'test')),
    /epoch-000\.safetensors cannot be used: it is of an expert of another shape, 'classifier\.bias' is \[2\], expected \[7\]/,
  );
});
