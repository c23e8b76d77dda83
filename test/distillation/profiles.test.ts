import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetNames } from '../../lib/data/dataset-names';
import type { ProfileName } from '../../lib/settings/profile-names';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { allBases } from '../../lib/factorization/constraint-settings';

// The authors' settings: the table of DESIGN.md, which is that of run_cifar10_ipc{1,10,50}_style5.sh and
// run_cifar10_ipc_1_style_5_single_channel.sh in their repository, over the defaults of its distill_fac.py and buffer.py.
const table = [
  {
    bases: 1,
    channels: 'colour',
    studentSteps: 50,
    latestStartEpoch: 2,
    needed: 3,
    stepSizeRate: 1e-7,
    stepSize: 0.01,
  },
  {
    bases: 3,
    channels: 'single',
    studentSteps: 50,
    latestStartEpoch: 2,
    needed: 3,
    stepSizeRate: 1e-7,
    stepSize: 0.01,
  },
  {
    bases: 10,
    channels: 'colour',
    studentSteps: 30,
    latestStartEpoch: 20,
    needed: 21,
    stepSizeRate: 1e-5,
    stepSize: 0.001,
  },
  {
    bases: 50,
    channels: 'colour',
    studentSteps: 30,
    latestStartEpoch: 20,
    needed: 21,
    stepSizeRate: 1e-5,
    stepSize: 0.01,
  },
] as const;
const datasets = (['cifar10', 'cifar100', 'svhn'] as const).filter((name) =>
  (datasetNames as readonly string[]).includes(name),
) as (typeof datasetNames)[number][];

for (const dataset of datasets) {
  for (const { bases, channels, studentSteps, latestStartEpoch, needed, stepSizeRate, stepSize } of table) {
    test(`paper profile, ${dataset}, ${bases} ${channels} bases a class: the authors' settings`, () => {
      const configuration = configure({
        profile: 'paper',
        dataset,
        set: { kind: 'haba', basesPerClass: bases, channels },
      });
      const augmentation = 'color_crop_cutout_flip_scale_rotate';
      assert.deepEqual(configuration, {
        profile: 'paper',
        seed: 0,
        dataset,
        whitening: 'zca',
        holdOut: false,
        network: {
          name: 'ConvNet',
          width: 128,
          depth: 3,
          normalisation: 'instance',
          pooling: 'average',
          activation: 'relu',
        },
        set: {
          kind: 'haba',
          basesPerClass: bases,
          channels,
          hallucinators: 5,
          kernelSize: 3,
          middleChannels: 3,
          hallucinatorInitialisation: 'pytorch',
          identityNoise: 0.05,
          factor: 1,
          initialisation: 'real',
        },
        matching: {
          method: 'mtt',
          studentSteps,
          studentBatch: 0,
          expertEpochs: 2,
          latestStartEpoch,
          stepSize,
          smallestStepSize: 0.001,
          unroll: 'full',
          experts: {
            seed: 0,
            count: 100,
            epochs: needed,
            learningRate: 0.01,
            momentum: 0,
            weightDecay: 0,
            batchSize: 256,
          },
        },
        labels: { kind: 'hard' },
        augmentation,
        constraints: {
          cosine: 0.1,
          contrastive: 0.1,
          likelihood: 0.1,
          classification: 1,
          temperature: 0.07,
          batchSize: allBases,
          adversary: { width: 128, depth: 3, learningRate: 0.001, momentum: 0.9 },
        },
        optimisers: {
          bases: { learningRate: 100, momentum: 0.95 },
          hallucinators: { learningRate: 100, momentum: 0.95 },
          stepSize: { learningRate: stepSizeRate, momentum: 0.9 },
        },
        iterations: 15000,
        checkpointEvery: 100,
        evaluation: {
          students: 5,
          epochs: 1000,
          batchSize: 256,
          learningRate: 'learned',
          momentum: 0.9,
          weightDecay: 5e-4,
          augmentation,
          split: 'test',
        },
        compile: true,
      });
    });
  }
}

test('paper profile of gradient matching: outer and inner loops by images a class, as the original', () => {
  const loops = [1, 10, 50].map((ipc) => {
    const { matching } = configure({ profile: 'paper', matching: { method: 'dc' }, set: { kind: 'images', ipc } });
    return matching.method === 'dc' && [matching.outerLoops, matching.innerLoops];
  });
  assert.deepEqual(loops, [
    [1, 1],
    [10, 50],
    [50, 10],
  ]);
});

test('smaller profiles keep the method and shrink the work', () => {
  const of = (profile: ProfileName) => {
    const { iterations, network, evaluation } = configure({ profile, matching: { method: 'dm' } });
    return [
      iterations,
      'width' in network && network.width,
      evaluation.updates ?? 0,
      evaluation.epochs ?? 0,
      evaluation.students,
    ];
  };
  assert.deepEqual(of('smoke'), [10, 16, 30, 0, 3]);
  assert.deepEqual(of('quick'), [300, 32, 300, 0, 3]);
  assert.deepEqual(of('study'), [1000, 32, 1000, 0, 3]);
  assert.deepEqual(of('paper'), [20000, 128, 0, 1000, 5]);
});

test('plain gradient matching is the one method without augmentation', () => {
  for (const method of ['dm', 'dc', 'dsa', 'mtt'] as const) {
    assert.equal(configure({ matching: { method } }).augmentation === 'none', method === 'dc');
  }
});

test("rates of containers: as their authors in the paper profile, FreD's by the scale of its transform; else as chosen on validation images", () => {
  const rates = (kind: 'fred' | 'linba' | 'ddif', profile: 'quick' | 'paper', method: 'dm' | 'dc' | 'mtt') =>
    configure({ profile, set: { kind }, matching: { method } } as ConfigurationInput).optimisers;
  // An orthonormal coefficient of 32 x 32 pixels is a 64th of the authors', its gradient 64 times theirs.
  for (const [method, authors] of [
    ['dm', 1e6],
    ['dc', 1e3],
    ['mtt', 1e8],
  ] as const) {
    assert.deepEqual(rates('fred', 'paper', method).coefficients, { learningRate: authors / 64 ** 2, momentum: 0.5 });
  }
  assert.deepEqual(rates('fred', 'quick', 'dm').coefficients, { learningRate: 16, momentum: 0.5 });
  assert.deepEqual(rates('fred', 'quick', 'mtt').coefficients, { learningRate: 800, momentum: 0.95 });
  assert.deepEqual(rates('linba', 'quick', 'dm').dictionary, { learningRate: 0.2, momentum: 0.5 });
  assert.deepEqual(rates('linba', 'quick', 'mtt').dictionary, { learningRate: 20, momentum: 0.95 });
  assert.deepEqual(rates('linba', 'quick', 'mtt').coefficients, { learningRate: 2, momentum: 0.95, weightDecay: 1e-4 });
  assert.equal(rates('linba', 'quick', 'dm').coefficients.weightDecay, 1e-4);
  const adam = { rule: 'adam', momentum: 0.9 };
  assert.deepEqual(rates('ddif', 'paper', 'dm').fields, { ...adam, learningRate: 5e-5 });
  assert.deepEqual(rates('ddif', 'paper', 'mtt').fields, { ...adam, learningRate: 1e-4 });
  assert.deepEqual(rates('ddif', 'quick', 'dm').fields, { ...adam, learningRate: 2e-3 });
  assert.deepEqual(rates('ddif', 'quick', 'mtt').fields, { ...adam, learningRate: 4e-3 });
});
