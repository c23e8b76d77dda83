import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import {
  differences,
  setHash,
  setName,
  studentsHash,
  studentsName,
  studentsPlace,
  type RunKind,
} from '../../lib/runs/identity';
import { withStudents } from '../../lib/runs/run';

const name = (input: ConfigurationInput, kind: RunKind = 'distillation') =>
  setName({ kind, configuration: configure(input) });
const hash = (input: ConfigurationInput = {}, kind: RunKind = 'distillation', dataChecksum = 'ab') =>
  setHash({ kind, configuration: configure(input), dataChecksum });

test('a name says set, method, dataset, items a class and profile, then only what differs', () => {
  assert.equal(name({}), 'haba-dm-cifar10-9bases-quick');
  assert.equal(name({ set: { kind: 'images', ipc: 1 }, matching: { method: 'mtt' } }), 'images-mtt-cifar10-ipc1-quick');
  assert.equal(
    name({ constraints: { cosine: 0 }, iterations: 50 }),
    'haba-dm-cifar10-9bases-quick-without-cosine-iterations-50',
  );
  assert.equal(name({ seed: 4, compile: false, checkpointEvery: 3, evaluation: { students: 9 } }), name({}));
});

test('baselines are named after what they choose, students after their network, length and split', () => {
  assert.equal(name({ set: { kind: 'images', ipc: 10 } }, 'random'), 'random-cifar10-ipc10-quick');
  assert.equal(name({ dataset: 'shapes' }, 'full'), 'full-shapes-quick');
  assert.equal(name({ set: { kind: 'images', ipc: 10 } }, 'el2n-hardest'), 'el2n-hardest-cifar10-ipc10-quick');
  assert.equal(name({}, 'features'), 'features-cifar10-quick');
  assert.equal(studentsName(configure()), 'ConvNet-300updates-test');
  const other = configure({
    network: { name: 'AlexNet' },
    evaluation: { epochs: 7, students: 2, batchSize: 9, split: 'validation' },
  });
  assert.equal(studentsName(other), 'AlexNet-7epochs-validation-evaluation-batchSize-9');
});

test('a name stays short, and is a name of one folder, whatever differs', () => {
  const long = configure({
    augmentation: 'flip_color',
    network: { width: 7, depth: 2, normalisation: 'none', pooling: 'max', activation: 'leaky-relu' },
    optimisers: { bases: { learningRate: 1e-9 } },
    evaluation: { epochs: 1, students: 1, batchSize: 3 },
  });
  for (const one of [setName({ kind: 'distillation', configuration: long }), studentsName(long)]) {
    assert.ok(one.length < 130, one);
    assert.match(one, /^[A-Za-z0-9.-]+$/);
  }
});

test('differences are paths and values', () => {
  assert.deepEqual(differences(configure({ matching: { realBatch: 5 }, seed: 2 })), [
    ['seed', 2],
    ['matching.realBatch', 5],
  ]);
});

test('these runs are called what they are called: another hash would take them for others', () => {
  assert.equal(hash(), '0899efd97c');
  assert.equal(
    hash({ profile: 'paper', matching: { method: 'mtt' }, set: { kind: 'images', ipc: 50 }, seed: 3, iterations: 7 }),
    '85aa1870f5',
  );
  assert.equal(hash({ set: { kind: 'images', ipc: 10 } }, 'random'), 'fbc97d29e8');
  assert.equal(studentsHash('0123456789', configure()), '65769331bd');
});

test('other networks are called what they were when each had the options of ConvNet', () => {
  const on = (name: 'ResNet18' | 'MLP'): ConfigurationInput => ({ network: { name } });
  assert.deepEqual([hash(on('ResNet18')), hash(on('ResNet18'), 'herding')], ['fdd0871068', '1f89484cae']);
  assert.deepEqual([hash(on('MLP')), hash(on('MLP'), 'herding')], ['74f18bc40e', 'e2f96b59cd']);
  assert.equal(studentsHash('0123456789', configure(on('ResNet18'))), '655398a93a');

  const students = (made: ConfigurationInput, others: Parameters<typeof withStudents>[1]) => {
    const { network } = configure(made);
    const place = { folder: 'run', hash: '0123456789', network };
    return path.basename(studentsPlace(place, withStudents(configure(made), others)).folder);
  };
  const evaluation = { updates: 160, students: 2, batchSize: 32 };
  assert.equal(
    students({}, { network: { name: 'ResNet18' }, evaluation }),
    'ResNet18-160updates-test-evaluation-batchSize-32-aefbf56861',
  );
  const narrow: ConfigurationInput = { profile: 'smoke', network: { width: 4, depth: 2 } };
  assert.equal(
    students(narrow, { network: { name: 'LeNet' } }),
    'LeNet-30updates-test-network-width-4-network-depth-2-e303fe71ee',
  );
  assert.equal(
    students(narrow, { network: { depth: 1 } }),
    'ConvNet-30updates-test-network-width-4-network-depth-1-263b253d64',
  );
});

test('a configuration that was stored when ResNet18 had the options of ConvNet is read, and is the same', () => {
  const convNet = { width: 32, depth: 3, normalisation: 'instance', pooling: 'average', activation: 'relu' } as const;
  const stored = configure({ network: { name: 'ResNet18', ...convNet } as ConfigurationInput['network'] });
  assert.deepEqual(stored.network, { name: 'ResNet18' });
  assert.deepEqual(stored, configure({ network: { name: 'ResNet18' } }));
});

test('a set is another with every setting that its numbers depend on, and with other data', () => {
  const changes: ConfigurationInput[] = [
    { seed: 1 },
    { iterations: 299 },
    { network: { width: 31 } },
    { matching: { realBatch: 63 } },
    { constraints: { temperature: 0.06 } },
    { optimisers: { bases: { momentum: 0.4 } } },
    { set: { identityNoise: 0.1 } },
    { holdOut: true },
    { whitening: 'zca' },
  ];
  const hashes = [...changes.map((change) => hash(change)), hash(), hash({}, 'distillation', 'ac')];
  assert.equal(new Set(hashes).size, hashes.length);
  assert.match(hash(), /^[0-9a-f]{10}$/);
});

test('what changes no number of a set is not in its identity: students, checkpoints, compilation', () => {
  const same: ConfigurationInput[] = [
    { compile: false },
    { checkpointEvery: 1 },
    { snapshots: [0, 10, 300] },
    { evaluation: { students: 9, epochs: 3, batchSize: 5, learningRate: 0.1, augmentation: 'none' } },
  ];
  for (const input of same) assert.equal(hash(input), hash(), JSON.stringify(input));
});

test('students are others with their recipe, network and set, and not with their number', () => {
  const of = (input: ConfigurationInput, set = 'abc') => studentsHash(set, configure(input));
  assert.equal(of({ evaluation: { students: 9 } }), of({}));
  assert.equal(of({ iterations: 5, compile: false }), of({}));
  const others = [
    of({}),
    of({}, 'abd'),
    of({ evaluation: { updates: 299 } }),
    of({ evaluation: { epochs: 300 } }),
    of({ evaluation: { split: 'validation' } }),
    of({ network: { name: 'AlexNet' } }),
    of({ evaluation: { learningRate: 0.02 } }),
  ];
  assert.equal(new Set(others).size, others.length);
});

test('the images of a baseline follow from few settings', () => {
  const images = (input: ConfigurationInput): ConfigurationInput => ({ set: { kind: 'images', ipc: 10 }, ...input });
  assert.equal(hash(images({ iterations: 5, matching: { realBatch: 3 } }), 'random'), hash(images({}), 'random'));
  assert.notEqual(hash(images({ seed: 1 }), 'random'), hash(images({}), 'random'));
  assert.equal(hash(images({}), 'herding'), '511d497017');
  for (const kind of ['herding', 'k-centre', 'k-medoids', 'el2n-easiest', 'el2n-hardest'] as const) {
    assert.notEqual(hash(images({ network: { width: 8 } }), kind), hash(images({}), kind));
    assert.notEqual(hash({ set: { kind: 'images', ipc: 3 } }, kind), hash(images({}), kind));
    // Length and split are of the students that judge, not of the network that chooses.
    assert.equal(hash(images({ evaluation: { epochs: 7 } }), kind), hash(images({}), kind));
  }
  // One basis serves all budgets.
  for (const kind of ['features', 'el2n-scores'] as const) {
    assert.equal(hash({ set: { kind: 'images', ipc: 3 } }, kind), hash(images({}), kind));
    assert.notEqual(hash(images({ network: { width: 8 } }), kind), hash(images({}), kind));
    assert.notEqual(hash(images({ seed: 1 }), kind), hash(images({}), kind));
  }
  const kinds = ['random', 'herding', 'k-centre', 'k-medoids', 'el2n-easiest', 'el2n-hardest', 'features'] as const;
  assert.equal(new Set(kinds.map((kind) => hash(images({}), kind))).size, kinds.length);
  assert.equal(hash({ set: { kind: 'images', ipc: 3 } }, 'full'), hash({ set: { kind: 'images', ipc: 4 } }, 'full'));
});

test('labels are part of the identity where they are soft, of real images too, and nowhere else', () => {
  const mtt: ConfigurationInput = { matching: { method: 'mtt' }, set: { kind: 'images', ipc: 1 } };
  const images: ConfigurationInput = { set: { kind: 'images', ipc: 10 } };
  assert.equal(hash({ labels: { kind: 'hard' } }), hash());
  assert.equal(hash({ ...images, labels: { kind: 'hard' } }, 'random'), 'fbc97d29e8');
  const hashes = [
    hash(mtt),
    hash({ ...mtt, labels: { kind: 'experts' } }),
    hash({ ...mtt, labels: { kind: 'experts', experts: { epochs: 6 } } }),
    hash({ ...mtt, labels: { kind: 'learned' } }),
    hash({ ...mtt, labels: { kind: 'learned', start: 'experts' } }),
    hash({ ...mtt, labels: { kind: 'learned' }, optimisers: { labels: { learningRate: 0.125 } } }),
    ...(['random', 'full', 'herding'] as const).flatMap((kind) => [
      hash(images, kind),
      hash({ ...images, labels: { kind: 'experts' } }, kind),
      hash({ ...images, labels: { kind: 'experts', experts: { count: 4 } } }, kind),
    ]),
    // Experts are trained on the network of the run, with its augmentation.
    hash({ ...images, labels: { kind: 'experts' }, network: { width: 8 } }, 'random'),
    hash({ ...images, labels: { kind: 'experts' }, augmentation: 'flip' }, 'random'),
  ];
  assert.equal(new Set(hashes).size, hashes.length);
  assert.equal(
    name({ ...mtt, labels: { kind: 'learned', start: 'experts' } }),
    'images-mtt-cifar10-ipc1-quick-labels-learned-labels-start-experts',
  );
  assert.equal(name({ ...images, labels: { kind: 'experts' } }, 'random'), 'random-cifar10-ipc10-quick-labels-experts');
});
