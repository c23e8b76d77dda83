/** A kind of set from outside the library goes wherever images and HaBa go: configured, run, resumed, tabled, exported, budgeted. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  accuracyTable,
  budget,
  budgetTable,
  configure,
  dataAtHand,
  evaluateFile,
  evaluateRun,
  exportSet,
  hallucinated,
  hallucinationGrid,
  listRuns,
  multiFormed,
  readDistilledSet,
  readMetrics,
  realImages,
  registerParameterisation,
  run,
  setsAtBudget,
  storageEfficiency,
  tf,
  type ConfigurationInput,
  type Parameterisation,
  type RunOptions,
  type RunResult,
} from '../../lib';
import { requireEnoughImages } from '../../lib/distillation/configuration';
import { createDistillation, releaseState } from '../../lib/distillation/distillation';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { hallucinate } from '../../lib/factorization/hallucinator';
import { multiFormation as cropsOf } from '../../lib/factorization/multi-formation';
import { parameterisationOf, type OwnSet } from '../../lib/factorization/parameterisations';
import { readSafetensors } from '../../lib/files/safetensors';
import { tableText } from '../../lib/report/table-text';
import { RunStopped } from '../../lib/runs/context';
import { writeDistilledSet } from '../../lib/runs/distilled-file';
import { setHash, setName } from '../../lib/runs/identity';
import { setFiles } from '../../lib/runs/run-files';
import { imagesToPyTorch } from '../../lib/tensor/layout';
import { withPrefix, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { createProgress } from '../../lib/terminal/progress';
import { assertClose } from '../formula';
import { lowRank, lowRankSet } from './low-rank';

const shapes = { imageShape: [32, 32, 3] as const, classCount: 10 };
const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: lowRank({ ipc: 3 }),
  network: { width: 4, depth: 2 },
  iterations: 4,
  checkpointEvery: 1,
  evaluation: { students: 1, updates: 3 },
};
/** 10 classes of 3 images of rank 3, 3 images that are combined, and a centre of a quarter of the floats. */
const floats = 30 * 3 + 3 * 3072 + 3072 / 4;

let folder: string;
let made: RunResult;
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string): RunOptions => ({ runs: path.join(folder, name), progress: silent });
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-'));
  made = await run(input, inFolder('runs'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = ({ run }: RunResult) => setFiles(run).distilled;
function valuesOf(file: string): Record<string, number[]> {
  const distilled = readDistilledSet(file);
  const values = Object.fromEntries(
    Object.entries(distilled.parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]),
  );
  distilled.dispose();
  return values;
}
/** What a run of that configuration starts from. */
async function startOf(given: ConfigurationInput): Promise<Record<string, number[]>> {
  const data = await dataAtHand('shapes');
  const distillation = createDistillation(configure(given), data);
  const state = distillation.start();
  const { parameters, velocity } = state.set;
  assert.deepEqual(Object.keys(velocity), ['coefficients', 'dictionary'], 'what is fixed has no velocity');
  const values = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
  releaseState(state);
  distillation.dispose();
  return values;
}

test('it is configured with the defaults of its profile and with optimisers of its own, and its mistakes are explained', () => {
  const { set, optimisers } = configure(input);
  assert.deepEqual(set, { kind: 'low-rank', ipc: 3, rank: 3 });
  assert.deepEqual(Object.keys(optimisers), ['coefficients', 'dictionary']);
  assert.deepEqual(optimisers.coefficients, { learningRate: 0.2, momentum: 0.5 });
  assert.deepEqual(configure(configure(input)), configure(input));
  const refused = (set: object, message: RegExp) =>
    assert.throws(() => configure({ ...input, set: set as OwnSet }), message);
  refused(
    { kind: 'low-rank', rnak: 4 },
    /'set\.rnak' is not a key; did you mean 'set\.rank'\? Allowed here: kind, ipc/,
  );
  refused({ kind: 'low-rank', rank: 0 }, /'set\.rank' is 0; allowed is at least 1/);
  refused(
    { kind: 'low-rnk' },
    /'set\.kind' is 'low-rnk'; allowed are images, haba, fred, linba, ddif, haba-linba, low-rank\. Did you mean 'low-rank'\?/,
  );
  assert.throws(
    () => configure({ ...input, optimisers: { bases: { learningRate: 1 } } }),
    /'optimisers\.bases' is not a key.* Allowed here: coefficients, dictionary\./,
  );
  // It takes no real image for an item of its own: there may be more items than images.
  requireEnoughImages(configure(input), [1]);
});

test('its run is stored under its name with the floats that its tensors count, and listed as any other', () => {
  assert.match(path.basename(made.run), /^low-rank-dm-shapes-ipc3-smoke-/);
  assert.equal(made.storedFloats, floats);
  assert.equal(made.imagesPerClass, floats / 30_720);
  assert.equal(made.trainingImages, 30);
  const listed = listRuns(path.join(folder, 'runs')).find(({ folder: one }) => one === made.run);
  assert.deepEqual([listed?.state, listed?.students.length], ['finished', 1]);
});

test('what learns has moved and what is fixed has not; each part goes at its own rate', async () => {
  const [start, end] = [await startOf(input), valuesOf(fileOf(made))];
  assert.deepEqual(end.centre, start.centre);
  assert.ok(start.centre.some((value) => value !== 0));
  assert.notDeepEqual(end.coefficients, start.coefficients);
  assert.notDeepEqual(end.dictionary, start.dictionary);

  const still = { ...input, optimisers: { coefficients: { learningRate: 0 } } };
  const one = valuesOf(fileOf(await run(still, inFolder('still'))));
  assert.deepEqual(one.coefficients, start.coefficients);
  assert.notDeepEqual(one.dictionary, start.dictionary);
});

test('stopped and run again it ends where an undisturbed run does', async () => {
  const stop = new AbortController();
  const progress = {
    ...silent,
    update(done: number) {
      if (done === 2) stop.abort();
    },
  };
  await assert.rejects(run(input, { ...inFolder('stopped'), progress, signal: stop.signal }), RunStopped);
  const [half] = listRuns(path.join(folder, 'stopped'));
  assert.equal(half.state, 'unfinished');
  assert.equal(readMetrics(half.folder).length, 2);
  const resumed = await run(input, inFolder('stopped'));
  assert.deepEqual(valuesOf(fileOf(resumed)), valuesOf(fileOf(made)));
  assert.deepEqual(resumed.accuracy, made.accuracy);
});

test('other students are trained on it, from its run and from its file, and it has a row in a table', async () => {
  const result = await evaluateRun(made, { network: { name: 'MLP' }, evaluation: { updates: 2 } }, inFolder('runs'));
  assert.equal(result.run, made.run);
  assert.equal(result.updates, 2);
  const again = await evaluateFile(fileOf(made), { progress: silent });
  assert.deepEqual(again.accuracy, made.accuracy);
  const text = tableText(accuracyTable('own', [{ label: lowRankSet.label, result: made }]), 'csv');
  assert.match(text, /low rank/);
});

test('gradient matching learns it, too: with draws, integers that stay, and many updates an iteration', async () => {
  const one = await run({ ...input, matching: { method: 'dsa', realBatch: 4 }, iterations: 1 }, inFolder('dsa'));
  const [start, end] = [await startOf(input), valuesOf(fileOf(one))];
  assert.deepEqual(end.centre, start.centre);
  assert.notDeepEqual(end.dictionary, start.dictionary);
});

test('exported, it is the images that it decodes to, never its coefficients as pictures', async () => {
  const files = await exportSet(fileOf(made), { to: path.join(folder, 'export') });
  assert.deepEqual(
    files.map((file) => path.basename(file)),
    ['distilled-pytorch.safetensors', 'distilled-images.png'],
  );
  const { tensors } = readSafetensors(files[0]);
  assert.deepEqual(Object.keys(tensors).sort(), ['deviation', 'images', 'labels', 'mean']);
  assert.deepEqual(tensors.images.shape, [30, 3, 32, 32]);
  assert.deepEqual(
    [...(tensors.labels.values as Int32Array)],
    Array.from({ length: 30 }, (_, item) => Math.floor(item / 3)),
  );
  const { coefficients, dictionary, centre } = valuesOf(fileOf(made));
  // Image 4, green, row 5, column 6.
  const pixel = (5 * 32 + 6) * 3 + 1;
  const expected = [0, 1, 2].reduce(
    (sum, k) => sum + coefficients[4 * 3 + k] * dictionary[k * 3072 + pixel],
    centre[pixel] / 64,
  );
  const written = (tensors.images.values as Float32Array)[((4 * 3 + 1) * 32 + 5) * 32 + 6];
  assert.ok(Math.abs(written - expected) < 1e-4, `${written}, expected ${expected}`);
  assert.match(hallucinationGrid(made, { classes: 2 }).svg, /item/);
});

test('budget: as many items as fit beside the others, one more would not', () => {
  const fits = budget({
    ...shapes,
    imagesPerClass: 1,
    hallucinators: [0],
    sets: [lowRank({ rank: 8 }), lowRank({ rank: 11 })],
  });
  // 30,720 floats less 768 of the centre and 8 x 3,072 of the dictionary leave 5,376: 67 times 10 classes x 8 coefficients.
  assert.deepEqual(
    fits.map(({ kind, perClass }) => [kind, perClass]),
    [
      ['images', 1],
      ['low-rank', 67],
    ],
  );
  assert.equal(fits[1].floats, 67 * 80 + 768 + 8 * 3072);
  assert.equal(fits[1].trainingImagesPerClass, 67);
  assert.match(tableText(budgetTable('budget', fits), 'csv'), /low rank,,0,67,67/);
});

test('questions compare it at a budget: as many items as fit beside the options of the profile, or as it says itself', () => {
  const found = (imagesPerClass: number) =>
    setsAtBudget({ ...shapes, imagesPerClass, profile: 'smoke' }).find(({ kind }) => kind === lowRankSet.label)?.set;
  // 30,720 floats less 768 of the centre and 3 x 3,072 of the dictionary leave 20,736: 691 times 10 classes x 3 coefficients.
  assert.deepEqual(found(1), { kind: 'low-rank', ipc: 691 });
  assert.equal(found(0.3), undefined);
  const cells = storageEfficiency({ profile: 'smoke', dataset: 'shapes' }, { seeds: [0], budgets: [1] });
  assert.ok(cells.some(({ factors }) => factors.kind === 'low rank' && factors.method === 'DM'));
  // A kind may choose: ten ranks do not fit beside the centre, two do.
  registerParameterisation({ ...lowRankSet, sizesAtBudget: () => [{ rank: 10 }, { rank: 2 }] });
  try {
    assert.deepEqual(found(1), { kind: 'low-rank', ipc: Math.floor((30_720 - 768 - 2 * 3072) / 20), rank: 2 });
    assert.equal(found(1e-4), undefined);
  } finally {
    registerParameterisation(lowRankSet);
  }
});

test('wrapped in hallucinators and multi-formation from outside, it goes wherever HaBa goes', async () => {
  const wrapped = registerParameterisation(multiFormed(hallucinated(lowRankSet)));
  const options = { basesPerClass: 2, hallucinators: 2, factor: 2 };
  const cut: ConfigurationInput = { ...input, set: wrapped(options), iterations: 2 };
  const { set, optimisers } = configure(cut);
  assert.deepEqual(Object.entries(set), [
    ...Object.entries({ kind: 'haba-low-rank', basesPerClass: 2, rank: 3, hallucinators: 2, kernelSize: 3 }),
    ...Object.entries({ middleChannels: 3, hallucinatorInitialisation: 'identity', identityNoise: 0.2, factor: 2 }),
  ]);
  assert.deepEqual(Object.keys(optimisers), ['coefficients', 'dictionary', 'hallucinators']);

  const stop = new AbortController();
  const progress = { ...silent, update: () => stop.abort() };
  await assert.rejects(run(cut, { ...inFolder('wrapped'), progress, signal: stop.signal }), RunStopped);
  const resumed = await run(cut, inFolder('wrapped'));
  const whole = await run(cut, inFolder('wrapped at once'));
  assert.deepEqual(valuesOf(fileOf(resumed)), valuesOf(fileOf(whole)));
  assert.match(path.basename(whole.run), /^haba-low-rank-dm-shapes-2bases-smoke-.*factor-2/);
  // A hallucinator: 3 x 3 x 3 x 3 filters twice, 3 and 3 of biases, and 30 x 30 x 3 of scale and of shift.
  const hallucinators = 2 * (2 * 81 + 6 + 2 * 2700);
  assert.equal(whole.storedFloats, 20 * 3 + 3 * 3072 + 768 + hallucinators);

  const again = await evaluateFile(fileOf(whole), { progress: silent });
  assert.deepEqual(again.accuracy, whole.accuracy);
  const result = await evaluateRun(whole, { evaluation: { updates: 2 } }, inFolder('wrapped at once'));
  assert.match(tableText(accuracyTable('own', [{ label: 'wrapped', result }]), 'csv'), /wrapped/);

  // Every view of every crop of every item, as the parts make them by hand.
  const [file] = await exportSet(fileOf(whole), { to: path.join(folder, 'export wrapped') });
  const { images, labels } = readSafetensors(file).tensors;
  assert.deepEqual([images.shape, labels.shape], [[2 * 4 * 20, 3, 32, 32], [2 * 4 * 20]]);
  const distilled = readDistilledSet(fileOf(whole));
  tf.tidy(() => {
    const { parameters } = distilled;
    const items = tf.range(0, 20, 1, 'int32');
    const plain = lowRankSet.create({ ipc: 2, rank: 3 }, shapes);
    const crops = cropsOf(plain.images(parameters, { items, hallucinators: items }), 2);
    const second = tf.fill<tf.Rank.R1>([80], 1, 'int32');
    const expected = imagesToPyTorch(hallucinate(withPrefix(parameters, 'hallucinators.'), crops, second));
    // Of the second hallucinator the first crop of the first item, and the last of the last.
    for (const image of [0, 79]) {
      const first = (80 + image) * 3072;
      const written = (images.values as Float32Array).subarray(first, first + 3072);
      assertClose(expected.slice(image, 1), written, 1e-4);
    }
  });
  distilled.dispose();

  const [fit] = budget({
    ...shapes,
    imagesPerClass: 1,
    hallucinators: [],
    sets: [wrapped({ hallucinators: 1, rank: 3, factor: 2 })],
  });
  // 30,720 floats less the centre, the dictionary and a hallucinator leave 15,168: 505 times 10 classes x 3 coefficients.
  assert.deepEqual([fit.perClass, fit.trainingImagesPerClass], [505, 4 * 505]);

  assert.throws(
    () => multiFormed(multiFormed(lowRankSet)),
    /multiFormed: the kind 'low-rank' has an option 'factor', which is one/,
  );
  assert.throws(
    () => hallucinated(hallucinated(lowRankSet)),
    /hallucinated: the kind 'haba-low-rank' has an option 'hallucinators'/,
  );
});

test('where an item has two views, constraints apply, students see either, and export shows both', async () => {
  const mirrored = registerParameterisation<{ ipc: number }>({
    kind: 'mirrored',
    label: 'mirrored',
    options: { ipc: lowRankSet.options.ipc },
    itemsPerClass: 'ipc',
    defaults: ({ perClass = 2 }) => ({ ipc: perClass }),
    tensors: ({ ipc }, { imageShape, classCount }) => ({
      bases: { shape: [classCount * ipc, ...imageShape], part: 'bases' },
    }),
    create: ({ ipc }) => ({
      views: 2,
      init: (random, source) => ({ bases: realImages(random, source, { perClass: ipc, channels: 3 }) }),
      images(parameters, { items, hallucinators }) {
        const images = tf.gather(parameters.bases, items) as tf.Tensor4D;
        const second = hallucinators.toFloat().reshape<tf.Tensor4D>([-1, 1, 1, 1]);
        return images.mul(tf.sub(1, second)).add(images.reverse(2).mul(second));
      },
    }),
  });
  const constraints = { adversary: { width: 4, depth: 2 } };
  const one = await run({ ...input, set: mirrored(), constraints, iterations: 1 }, inFolder('mirrored'));
  const [{ cosine }] = readMetrics(one.run);
  assert.ok(cosine !== undefined && cosine > 0);
  const files = await exportSet(fileOf(one));
  assert.deepEqual(
    files.map((file) => path.basename(file)),
    ['distilled-pytorch.safetensors', 'distilled-view-1.png', 'distilled-view-2.png'],
  );
  const { images, labels } = readSafetensors(files[0]).tensors;
  assert.deepEqual([images.shape, labels.shape], [[40, 3, 32, 32], [40]]);
  // The first row of the first image, and of its mirror image.
  const row = (image: number) => [...(images.values as Float32Array).subarray(image * 3072, image * 3072 + 32)];
  assert.deepEqual(row(20), row(0).reverse());
  const grid = hallucinationGrid(one, { classes: 2 });
  for (const text of ['view', '1', '2']) assert.match(grid.svg, new RegExp(`>${text}<`));

  // Hallucinators on it: view 3 is the second hallucinator's of the mirror image.
  const both = registerParameterisation(
    hallucinated(parameterisationOf('mirrored') as Parameterisation<{ ipc: number }>),
  );
  const four = createDistilledSet({ ...both({ basesPerClass: 1, hallucinators: 2 }), ...shapes });
  assert.equal(four.views, 4);
  const source = (await dataAtHand('shapes')).train;
  tf.tidy(() => {
    const parameters = four.init(Random.stream(3), source);
    const choice = { items: tf.tensor1d([4, 4], 'int32'), hallucinators: tf.tensor1d([3, 0], 'int32') };
    const bases = tf.gather(parameters.bases, [4]) as tf.Tensor4D;
    const expected = hallucinate(
      withPrefix(parameters, 'hallucinators.'),
      tf.concat([bases.reverse(2), bases]),
      tf.tensor1d([1, 0], 'int32'),
    );
    assertClose(four.images(parameters, choice), expected.dataSync<'float32'>());
  });
});

test('what its author calls another version are other runs, and files of one are not read as the other', () => {
  const configuration = configure(input);
  const source = { kind: 'distillation', configuration, dataChecksum: 'ab' } as const;
  const [hash, name] = [setHash(source), setName(source)];
  registerParameterisation({ ...lowRankSet, version: 2 });
  try {
    assert.notEqual(setHash(source), hash);
    assert.equal(setName(source), name);
    assert.throws(
      () => readDistilledSet(fileOf(made)),
      /was made by version 1 of the kind 'low-rank', not by version 2, which is registered/,
    );
  } finally {
    registerParameterisation(lowRankSet);
  }
  assert.equal(setHash(source), hash);
});

test('a file that lacks a tensor, or has another shape, is refused by its name', async () => {
  const distilled = readDistilledSet(fileOf(made));
  const { parameters, configuration } = distilled;
  const data = await dataAtHand('shapes');
  const file = path.join(folder, 'torn.safetensors');
  const refused = (broken: Parameters, message: RegExp) => {
    writeDistilledSet(file, { parameters: broken, configuration, data, run: 'abc' });
    assert.throws(() => readDistilledSet(file), message);
  };
  const { centre, ...rest } = parameters;
  refused(rest, /tensor 'centre' is missing; by its configuration its shape is \[3072\]/);
  const short = centre.slice(0, 3);
  refused({ ...rest, centre: short }, /tensor 'centre' has shape \[3\]/);
  short.dispose();
  distilled.dispose();
});

test('refused: kinds of the library, names no folder has, values that contradict themselves, unknown kinds', async () => {
  const refused = (change: object, message: RegExp) =>
    assert.throws(() => registerParameterisation({ ...lowRankSet, ...change }), message);
  refused({ kind: 'images' }, /the kind 'images' is the library's own; give yours another name/);
  refused({ kind: 'low rank' }, /the kind 'low rank' must be of letters, digits and hyphens/);
  refused({ kind: 'mine', label: 'HaBa' }, /'mine' has the label 'HaBa', which is that of the kind 'haba'/);
  for (const label of ['multi-formation', 'HaBa, single-channel', 'random real images', 'full training set'])
    refused(
      { kind: 'mine', label },
      new RegExp(`has the label '${label}', which is that of a set that questions compare`),
    );
  for (const option of ['imageShape', 'classCount']) {
    const message = new RegExp(`the kind 'low-rank' has an option '${option}', which means something else; call it`);
    refused({ options: { ...lowRankSet.options, [option]: lowRankSet.options.rank } }, message);
  }
  refused({ itemsPerClass: 'items' }, /by 'items', which is none of its options: ipc, rank/);
  assert.throws(() => parameterisationOf('low-rnk'), /no set of the kind 'low-rnk'; .*Did you mean 'low-rank'\?/);

  const source = (await dataAtHand('shapes')).train;
  const tensors = tf.memory().numTensors;
  const forgetful = registerParameterisation({
    ...lowRankSet,
    kind: 'forgetful',
    label: 'forgetful',
    create: (options, shape) => ({
      ...lowRankSet.create(options, shape),
      init: () => ({ dictionary: tf.zeros([3, 3072]), centre: tf.zeros([3072]) }),
    }),
  });
  const set = createDistilledSet({ ...forgetful({ rank: 3 }), ...shapes });
  assert.throws(
    () => set.init(Random.stream(0), source),
    /'forgetful': of its tensor 'coefficients' what `init` makes is missing, and what `tensors` says is \[20, 3\]/,
  );
  assert.equal(tf.memory().numTensors, tensors);
  const partless = registerParameterisation({
    ...lowRankSet,
    kind: 'partless',
    label: 'partless',
    optimisers: undefined,
  });
  await assert.rejects(
    run({ ...input, set: partless() }, inFolder('partless')),
    /'coefficients' is of the part 'coefficients', which has no optimiser; there are bases, hallucinators\./,
  );
});

test('the command line takes it where a program registers it', async () => {
  const settings = ['network.width=4', 'network.depth=2', 'evaluation.students=1', 'evaluation.updates=3'];
  const given = ['distill', '--profile', 'smoke', '--dataset', 'shapes', '--iterations', '1', '--set', 'low-rank'];
  const places = ['--runs', path.join(folder, 'command-line'), ...settings.flatMap((one) => ['--set', one])];
  const program = path.join(__dirname, 'low-rank-cli.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, ...given, ...places]);
  const { storedFloats } = JSON.parse(stdout.trim()) as RunResult;
  assert.equal(storedFloats, 20 * 3 + 3 * 3072 + 768);
});
