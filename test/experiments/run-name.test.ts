import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure } from '../../lib/distillation/configuration';
import { canonicalJson, differences, runFolderName, runHash, runName } from '../../lib/experiments/run-name';

const name = (input: Parameters<typeof configure>[0], kind: Parameters<typeof runName>[0]['kind'] = 'distillation') =>
  runName({ kind, configuration: configure(input) });

test('a name says set, method, dataset, items a class and profile, then only what differs', () => {
  assert.equal(name({}), 'haba-dm-cifar10-9bases-quick');
  assert.equal(name({ set: { kind: 'images', ipc: 1 }, matching: { method: 'mtt' } }), 'images-mtt-cifar10-ipc1-quick');
  assert.equal(
    name({ constraints: { cosine: 0 }, iterations: 50 }),
    'haba-dm-cifar10-9bases-quick-without-cosine-iterations-50',
  );
  assert.equal(name({ seed: 4, compile: false }), name({}));
});

test('baselines are named after what they choose', () => {
  assert.equal(name({ set: { kind: 'images', ipc: 10 } }, 'random'), 'random-cifar10-ipc10-quick');
  assert.equal(name({ dataset: 'shapes' }, 'full'), 'full-shapes-quick');
});

test('a name stays short, and is a name of one folder, whatever differs', () => {
  const long = name({
    augmentation: 'flip_color',
    network: { width: 7, depth: 2, normalisation: 'none', pooling: 'max', activation: 'leaky-relu' },
    optimisers: { bases: { learningRate: 1e-9 } },
    evaluation: { epochs: 1, students: 1, batchSize: 3 },
  });
  assert.ok(long.length < 130, long);
  assert.match(long, /^[A-Za-z0-9.-]+$/);
});

test('differences are paths and values', () => {
  assert.deepEqual(differences(configure({ matching: { realBatch: 5 }, seed: 2 })), [['matching.realBatch', 5]]);
});

test('the hash follows from every setting and from the data, and not from the order of keys', () => {
  const identity = { kind: 'distillation', configuration: configure(), dataChecksum: 'ab' } as const;
  const hash = runHash(identity);
  assert.match(hash, /^[0-9a-f]{10}$/);
  assert.equal(runHash({ dataChecksum: 'ab', configuration: configure(), kind: 'distillation' }), hash);
  assert.notEqual(runHash({ ...identity, dataChecksum: 'ac' }), hash);
  assert.notEqual(runHash({ ...identity, kind: 'random' }), hash);
  assert.notEqual(runHash({ ...identity, configuration: configure({ seed: 1 }) }), hash);
  assert.equal(runFolderName(identity), `haba-dm-cifar10-9bases-quick-${hash}`);
});

test('canonical JSON orders keys at every depth and keeps arrays', () => {
  assert.equal(canonicalJson({ b: [{ z: 1, a: 2 }], a: null }), '{"a":null,"b":[{"a":2,"z":1}]}');
});
