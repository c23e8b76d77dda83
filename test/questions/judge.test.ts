/** Other students on a run's set, and how varied runs' sets are: small runs on the embedded dataset. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { createProgress } from '../../lib/terminal/progress';
import { diversityJudge, type DiversityJudge } from '../../lib/questions/diversity/judge';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { writeDistilledSet } from '../../lib/runs/distilled-file';
import { evaluateRun, run, runBaseline } from '../../lib/runs/run';
import type { RunOptions } from '../../lib/runs/context';
import type { RunResult } from '../../lib/runs/train-students';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallData } from '../distillation/small-world';

const small: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  network: { width: 4 },
  iterations: 1,
  evaluation: { students: 1, epochs: 1 },
};

let options: RunOptions & { runs: string };
let judge: DiversityJudge;
let [images, haba, identity, random, full]: RunResult[] = [];
before(async () => {
  options = {
    runs: mkdtempSync(path.join(tmpdir(), 'haba-diversity-')),
    progress: createProgress({ form: 'silent' }),
  };
  const set = { kind: 'haba', basesPerClass: 2, hallucinators: 3 } as const;
  images = await run({ ...small, set: { kind: 'images', ipc: 2 } }, options);
  haba = await run({ ...small, set }, options);
  // Hallucinators that are all the identity, and stay so.
  const still = { ...small, iterations: 0, set: { ...set, identityNoise: 0 } };
  identity = await run(still, options);
  random = await runBaseline({ ...small, baseline: 'random', ipc: 2 }, options);
  full = await runBaseline({ ...small, baseline: 'full' }, options);
  judge = await diversityJudge(full, { realImages: 200 });
});
after(() => {
  judge.dispose();
  rmSync(options.runs, { recursive: true, force: true });
});

test('a basis spreads only through hallucinators that differ; images are counted as students see them', () => {
  assert.equal(judge.measure(images).spreadOfBasis, 0);
  assert.equal(judge.measure(images).images, 20);
  const measured = judge.measure(haba);
  assert.equal(measured.images, 60);
  assert.ok(measured.spreadOfBasis > 0.01, `${measured.spreadOfBasis}`);
  // Rounding of the distance between equal features.
  assert.ok(judge.measure(identity).spreadOfBasis < 0.01, `${judge.measure(identity).spreadOfBasis}`);
});

test('before hallucinators: bases alone; hallucinators that are all the identity add no direction to them', () => {
  assert.equal(judge.measure(images).bases, undefined);
  const still = judge.measure(identity);
  // But for the border, which a valid convolution takes away.
  assert.ok(Math.abs(still.effectiveRank / still.bases!.effectiveRank - 1) < 0.1, JSON.stringify(still));
  // Two bases of a class, three times each: 18 of the 30 pairs of different members are of different bases, the others lie at no distance.
  assert.ok(Math.abs(still.spreadOfClass / still.bases!.spreadOfClass - 18 / 30) < 0.1, JSON.stringify(still));
  // Hallucinators with noise do.
  const noisy = judge.measure(haba);
  assert.ok(noisy.effectiveRank > noisy.bases!.effectiveRank + 0.5, JSON.stringify(noisy));
});

test('two real images of one class lie one unit apart on average, up to the few that were drawn', () => {
  const { spreadOfClass, coverage, effectiveRank } = judge.measure(random);
  assert.ok(spreadOfClass > 0.7 && spreadOfClass < 1.3, `${spreadOfClass}`);
  assert.ok(coverage > 0 && coverage < 1, `${coverage}`);
  assert.ok(effectiveRank > 5 && effectiveRank <= 20, `${effectiveRank}`);
});

test('places: a point a training image, real test images as many as asked; no tensor is left', () => {
  const kept = tf.memory().numTensors;
  assert.equal(judge.place('real').length, 200);
  assert.equal(judge.place(haba).length, 60);
  const labels = judge.place(haba).map(({ label }) => label);
  assert.equal(new Set(labels).size, 10);
  // Two bases of each class through three hallucinators.
  for (const label of labels) assert.equal(labels.filter((other) => other === label).length, 6, label);
  judge.measure(haba);
  assert.equal(tf.memory().numTensors, kept);
});

test('runs that the judge cannot measure are refused, with what it knows', async () => {
  const other = { ...images, configuration: { ...images.configuration, dataset: 'cifar10' as const } };
  assert.throws(() => judge.measure(other), /is of cifar10 \(normalise\); this judge knows shapes \(normalise\)/);
  const held = { ...images, configuration: { ...images.configuration, holdOut: true } };
  assert.throws(
    () => judge.measure(held),
    /is of shapes \(normalise, without the validation images\); this judge knows/,
  );
  const herding = { ...random, kind: 'herding' as const };
  assert.throws(() => judge.measure(herding), /a run of kind 'herding' has no set to measure/);
  await assert.rejects(
    diversityJudge(random),
    /is a run of kind 'random'; the judge is a network of a run of kind 'full'/,
  );
});

test('a set or a student that does not fit the judge: an error, and no tensor is left', async () => {
  // Images of two classes and another size.
  const data = smallData();
  const { configuration } = haba;
  const { imageShape, classCount } = data.train;
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount });
  const parameters = set.init(Random.stream(0), data.train);
  const folder = path.join(options.runs, 'of-another-size');
  mkdirSync(folder);
  writeDistilledSet(path.join(folder, 'distilled.safetensors'), { parameters, configuration, data, run: 'abc' });
  disposeAll(parameters);
  const kept = tf.memory().numTensors;
  assert.throws(() => judge.measure({ ...haba, run: folder }));
  assert.throws(() => judge.place({ ...haba, run: folder }));
  assert.equal(tf.memory().numTensors, kept);
  const deeper = { ...full.configuration, network: { ...full.configuration.network, depth: 4 } };
  await assert.rejects(diversityJudge({ ...full, configuration: deeper }, { realImages: 20 }));
  assert.equal(tf.memory().numTensors, kept);
});

test('other students on a set: trained once, then returned; stored under the run, which stays as it was', async () => {
  const changed = () =>
    readdirSync(haba.run)
      .filter((file) => file !== 'students')
      .map((file) => [file, statSync(path.join(haba.run, file)).mtimeMs]);
  const before = changed();
  const students = { network: { name: 'LeNet' }, evaluation: { students: 2 } } as const;
  const other = await evaluateRun(haba, students, options);
  assert.equal(other.run, haba.run);
  assert.match(path.relative(haba.run, other.students), /^students.LeNet-1epochs-test-network-width-4-[0-9a-f]{10}$/);
  assert.equal(other.accuracy.runs.length, 2);
  assert.equal(other.storedFloats, haba.storedFloats);
  const again = await evaluateRun(haba, students, options);
  assert.deepEqual(again, other);
  assert.deepEqual(changed(), before);
  // The same students on another run's set are others.
  const ofIdentity = await evaluateRun(identity, students, options);
  assert.notEqual(path.basename(ofIdentity.students), path.basename(other.students));
  // Real images, too, may have other students.
  assert.equal((await evaluateRun(random, students, options)).kind, 'random');
  await assert.rejects(
    evaluateRun(haba, { evaluation: { split: 'validation' } }, options),
    /'evaluation\.split' is 'validation' and 'holdOut' is false/,
  );
});

test('the network of distillation, trained as there, comes to the accuracy that the run recorded', async () => {
  const { accuracy } = await evaluateRun(haba, {}, options);
  assert.deepEqual(accuracy, haba.accuracy);
});
