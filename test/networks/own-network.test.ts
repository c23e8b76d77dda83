/** A network from outside the library goes wherever ConvNet goes: configured, matched on, resumed, evaluated, tabled, estimated. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import {
  accuracyTable,
  architectureTable,
  budget,
  configure,
  crossArchitecture,
  dataAtHand,
  diversityJudge,
  evaluateFile,
  evaluateRun,
  exportSet,
  listRuns,
  makeExperts,
  readMetrics,
  registerNetwork,
  run,
  runBaseline,
  runGrid,
  type ConfigurationInput,
  type RunOptions,
  type RunResult,
} from '../../lib';
import { estimateRun } from '../../lib/distillation/estimate';
import { createNetwork } from '../../lib/networks/create-network';
import { networkFamily, networkNames } from '../../lib/networks/network-families';
import { tableText } from '../../lib/report/table-text';
import { readDistilledSet } from '../../lib/runs/distilled-file';
import { differences, setHash, studentsHash } from '../../lib/runs/identity';
import { setFiles, studentsFiles } from '../../lib/runs/run-files';
import { readSafetensors } from '../../lib/files/safetensors';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress } from '../../lib/terminal/progress';
import { tiny, tinyFamily } from './tiny-network';

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'images', ipc: 2 },
  network: tiny({ widths: [3, 4] }),
  iterations: 4,
  checkpointEvery: 1,
  evaluation: { students: 1, updates: 3 },
};

let folder: string;
let made: RunResult;
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string): RunOptions => ({
  runs: path.join(folder, name),
  experts: path.join(folder, 'experts'),
  progress: silent,
});
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-network-'));
  made = await run(input, inFolder('runs'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const imagesOf = ({ run }: RunResult) => [
  ...(readSafetensors(setFiles(run).distilled).tensors.bases.values as Float32Array),
];

test('it is configured with defaults of its profile and images, and its mistakes are explained', () => {
  assert.deepEqual(configure({ ...input, network: tiny() }).network, { name: 'tiny', widths: [4, 5], slope: 0.1 });
  assert.deepEqual(configure({ ...input, dataset: 'mnist', network: tiny() }).network, {
    name: 'tiny',
    widths: [3, 5],
    slope: 0.1,
  });
  const configuration = configure(input);
  assert.deepEqual(configuration.network, { name: 'tiny', widths: [3, 4], slope: 0.1 });
  assert.deepEqual(configure(configuration), configuration);
  const refused = (network: object, message: RegExp) =>
    assert.throws(() => configure({ ...input, network: network as ReturnType<typeof tiny> }), message);
  refused(
    { name: 'tiny', width: 3 },
    /'network\.width' is not a key; did you mean 'network\.widths'\? Allowed here: name, widths, slope\./,
  );
  refused({ name: 'tiny', widths: [0] }, /'network\.widths\.0' is 0; allowed is at least 1/);
  refused({ name: 'tyni' }, /'network\.name' is 'tyni'; allowed are ConvNet, .*, MLP, tiny\. Did you mean 'tiny'\?/);
});

test('its parameters and logits are those of its formula', () => {
  tf.tidy(() => {
    const network = createNetwork({ ...tiny({ widths: [2] }), imageShape: [2, 2, 1], classCount: 2 });
    assert.deepEqual(Object.keys(network.init(Random.stream(0))), [
      'block0.weight',
      'block0.bias',
      'classifier.weight',
      'classifier.bias',
    ]);
    const centre = (first: number, second: number) => {
      const weight = new Float32Array(18);
      weight.set([first, second], 8);
      return tf.tensor4d(weight, [3, 3, 1, 2]);
    };
    const parameters = {
      'block0.weight': centre(2, -1),
      'block0.bias': tf.tensor1d([0.5, 0]),
      'classifier.weight': tf.tensor2d([1, 0, 1, 10], [2, 2]),
      'classifier.bias': tf.tensor1d([0, 7]),
    };
    // The largest pixel is 4, the smallest 1: channels of max(2 x + 0.5) = 8.5 and of max(-x) = -1, which leaks as -0.1.
    const logits = network.apply(parameters, tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync();
    assert.ok(Math.abs(logits[0] - 8.4) < 1e-5 && Math.abs(logits[1] - 6) < 1e-5, String(logits));
  });
});

test('its run is stored under its name, and its options are part of what it is called', () => {
  assert.match(
    path.basename(made.run),
    /^images-dm-shapes-ipc2-smoke-network-name-tiny-network-widths-3-4-iterations-4/,
  );
  assert.match(path.basename(made.students), /^tiny-3updates-test-network-widths-3-4-[0-9a-f]{10}$/);
  const [listed] = listRuns(path.join(folder, 'runs'));
  assert.deepEqual([listed.folder, listed.state], [made.run, 'finished']);
  assert.deepEqual(
    differences(configure({ ...input, network: tiny(), iterations: 10, checkpointEvery: 5 })).slice(0, 1),
    [['network.name', 'tiny']],
  );
  const named = (network: ConfigurationInput['network']) =>
    setHash({ kind: 'distillation', configuration: configure({ ...input, network }), dataChecksum: 'ab' });
  // A list that begins like the default is another.
  const hashes = [tiny(), tiny({ widths: [4] }), tiny({ widths: [4, 5, 6] }), tiny({ slope: 0.2 }), undefined].map(
    named,
  );
  assert.equal(new Set(hashes).size, 5);
  assert.equal(named(tiny({ widths: [4, 5] })), named(tiny()));
});

test('stopped and run again it ends where an undisturbed run does', async () => {
  const stop = new AbortController();
  const progress = { ...silent, update: (done: number) => done === 2 && stop.abort() };
  await assert.rejects(
    run(input, { ...inFolder('stopped'), progress: progress as typeof silent, signal: stop.signal }),
    {
      name: 'RunStopped',
    },
  );
  const [half] = listRuns(path.join(folder, 'stopped'));
  assert.deepEqual([half.state, readMetrics(half.folder).length], ['unfinished', 2]);
  const resumed = await run(input, inFolder('stopped'));
  assert.deepEqual(imagesOf(resumed), imagesOf(made));
  assert.deepEqual(resumed.accuracy, made.accuracy);
});

test('every method matches on it, with adversary and experts', async () => {
  const set = { kind: 'haba', basesPerClass: 1, hallucinators: 2 } as const;
  const dsa = await run({ ...input, set, matching: { method: 'dsa', realBatch: 4 }, iterations: 1 }, inFolder('dsa'));
  assert.ok(readMetrics(dsa.run)[0].loss > 0);

  const mtt: ConfigurationInput = { ...input, matching: { method: 'mtt' }, iterations: 1 };
  await assert.rejects(run(mtt, inFolder('mtt')), /made by makeExperts, given the same configuration/);
  const { experts } = await makeExperts(mtt, inFolder('mtt'));
  assert.match(path.basename(experts), /^shapes-normalise-tiny-[0-9a-f]{10}$/);
  assert.ok(readMetrics((await run(mtt, inFolder('mtt'))).run)[0].loss > 0);
  const wider = { ...mtt, network: tiny({ widths: [3, 5] }) };
  await assert.rejects(
    run(wider, inFolder('mtt')),
    /no experts for this configuration.*They are made by makeExperts, given the same configuration\./,
  );
});

test('students of it are trained on any set and tabled, herding and the judge use its features', async () => {
  const plain = await run({ ...input, network: { width: 4, depth: 1 }, iterations: 1 }, inFolder('plain'));
  const students = await evaluateRun(plain, { network: tiny(), evaluation: { updates: 2 } }, inFolder('plain'));
  assert.match(path.basename(students.students), /^tiny-2updates-test-[0-9a-f]{10}$/);
  assert.deepEqual(students.configuration.network, { name: 'tiny', widths: [4, 5], slope: 0.1 });
  const back = await evaluateRun(
    students,
    { network: { name: 'ConvNet', width: 3, depth: 1 }, evaluation: { updates: 2 } },
    inFolder('plain'),
  );
  assert.match(path.basename(back.students), /^ConvNet-2updates-test-network-width-3-network-depth-1-/);
  const file = await evaluateFile(setFiles(plain.run).distilled, { network: tiny(), updates: 2, progress: silent });
  assert.deepEqual([file.network, file.accuracy], ['tiny', students.accuracy]);
  assert.match(tableText(accuracyTable('own', [{ label: 'tiny', result: students }]), 'csv'), /tiny/);

  const common = {
    profile: 'smoke',
    dataset: 'shapes',
    network: tiny(),
    evaluation: { students: 1, updates: 2 },
  } as const;
  const herding = await runBaseline({ ...common, baseline: 'herding', ipc: 1 }, inFolder('baselines'));
  assert.equal(herding.trainingImages, 10);
  const full = await runBaseline({ ...common, baseline: 'full' }, inFolder('baselines'));
  assert.deepEqual(Object.keys(readSafetensors(studentsFiles(full.students).student).tensors).slice(0, 2), [
    'block0.weight',
    'block0.bias',
  ]);
  const judge = await diversityJudge(full, { realImages: 40 });
  assert.ok(judge.measure(plain).spreadOfClass > 0);
  judge.dispose();
});

test('the question of other networks takes it beside the others', async () => {
  const evaluation = { students: 1, updates: 1 };
  const cells = crossArchitecture(
    { profile: 'smoke', dataset: 'shapes' },
    {
      networks: ['MLP', tiny({ widths: [3] }), 'tiny' as 'MLP'],
      kinds: [],
      seeds: [0, 1],
      imagesPerClass: 1,
      evaluation,
    },
  );
  const rows = architectureTable('own', await runGrid(cells, inFolder('question'))).table.objects() as {
    network: string;
  }[];
  assert.deepEqual(
    rows.map(({ network }) => network),
    ['MLP', 'tiny network, widths 3', 'tiny network'],
  );
});

test('exported and budgeted as any set; what it takes is estimated from its own layers', async () => {
  const files = await exportSet(setFiles(made.run).distilled, { to: path.join(folder, 'export') });
  const { metadata } = readSafetensors(files[0]);
  assert.deepEqual((JSON.parse(metadata.configuration) as { network: unknown }).network, {
    name: 'tiny',
    widths: [3, 4],
    slope: 0.1,
  });
  const [fit] = budget({ imageShape: [32, 32, 3], classCount: 10, floats: made.storedFloats, hallucinators: [0] });
  assert.equal(fit.perClass, 2);
  const data = await dataAtHand('shapes');
  const seconds = (network: ConfigurationInput['network']) =>
    estimateRun(configure({ ...input, network }), data)?.seconds;
  // 27 and 9 x 200 multiplications a pixel, of which the second layer has a quarter.
  const [narrow, wide] = [seconds(tiny({ widths: [1, 1] })), seconds(tiny({ widths: [200, 200] }))];
  if (narrow !== undefined) assert.ok(wide! > 1000 * narrow, `${narrow}, ${wide}`);
});

test('what its author calls another version are other runs and students', () => {
  const configuration = configure(input);
  const names = () => [
    setHash({ kind: 'distillation', configuration, dataChecksum: 'ab' }),
    setHash({ kind: 'herding', configuration, dataChecksum: 'ab' }),
    studentsHash('ab', configuration),
  ];
  const before = names();
  registerNetwork({ ...tinyFamily, version: 2 });
  try {
    for (const [place, name] of names().entries()) assert.notEqual(name, before[place]);
  } finally {
    registerNetwork(tinyFamily);
  }
  assert.deepEqual(names(), before);
});

test('refused: names of the library, names no folder has, options that mean something else, what is no network', () => {
  const refused = (change: object, message: RegExp) =>
    assert.throws(() => registerNetwork({ ...tinyFamily, ...change }), message);
  refused({ name: 'ResNet18' }, /the name 'ResNet18' is the library's own; give yours another name/);
  refused({ name: 'my net' }, /the name 'my net' must be of letters, digits and hyphens/);
  refused({ name: 'mine', label: 'MLP' }, /'mine' has the label 'MLP', which is that of the name 'MLP'/);
  refused({ name: 'mine' }, /'mine' has the label 'tiny network', which is that of the name 'tiny'/);
  refused({ options: { border: z.number() } }, /has an option 'border', which means something else/);
  assert.throws(() => networkFamily('tyni'), /no network 'tyni'; .*Did you mean 'tiny'\?/);
  assert.deepEqual(networkNames().slice(-1), ['tiny']);

  const shape = { imageShape: [4, 4, 1] as const, classCount: 3 };
  const broken = (name: string, change: object) =>
    registerNetwork({
      ...tinyFamily,
      name,
      label: name,
      create: (options, data) => ({ ...tinyFamily.create(options, data), ...change }),
    })({ widths: [2] });
  assert.throws(
    () => createNetwork({ ...broken('headless', { classify: undefined }), ...shape }),
    /'headless' has no 'classify': 'create' returns \{ init, features, classify \}/,
  );
  const flat = createNetwork({
    ...broken('flat', { features: (_: unknown, images: tf.Tensor4D) => images }),
    ...shape,
  });
  const one = createNetwork({
    ...broken('one', { classify: (_: unknown, features: tf.Tensor2D) => features }),
    ...shape,
  });
  tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([5, 4, 4, 1]);
    assert.throws(
      () => flat.apply({}, images),
      /'features' of the network 'flat' returned \[5, 4, 4, 1\]; expected \[5, features\]/,
    );
    assert.throws(
      () => one.apply(one.init(Random.stream(0)), images),
      /'classify' of the network 'one' returned \[5, 2\]; expected \[5, 3\]/,
    );
  });
});

test('where it is not registered, what was made with it says what to do', () => {
  const place = (globalThis as Record<symbol, unknown>)[Symbol.for('haba: families of networks')] as Map<
    string,
    unknown
  >;
  const family = place.get('tiny');
  place.delete('tiny');
  try {
    assert.throws(
      () => readDistilledSet(setFiles(made.run).distilled),
      /distilled\.safetensors .*'network\.name' is 'tiny'; allowed are .* One of your own is made first: registerNetwork\./,
    );
  } finally {
    place.set('tiny', family);
  }
});
