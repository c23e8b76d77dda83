/** The questions' grids: which runs they hold, and that no set costs more than its budget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import type { GridRun } from '../../lib/experiments/grid';
import { setTaskOf } from '../../lib/experiments/task';
import type { QuestionCell, QuestionSettings } from '../../lib/questions/cells';
import { authorsRow } from '../../lib/questions/authors-row/grid';
import { constraintAblation, cosineWeights } from '../../lib/questions/constraint-ablation/grid';
import { crossArchitecture } from '../../lib/questions/cross-architecture/grid';
import { diversity } from '../../lib/questions/diversity/grid';
import { containerKinds, setsAtBudget } from '../../lib/questions/sets-at-budget';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import {
  chosenByTuning,
  tuning,
  tuningFinal,
  type ChosenSetting,
  type TuningFactors,
} from '../../lib/questions/tuning/grid';
import type { SeededFactors } from '../../lib/report/seed-groups';
import { parameterisationOf, perClassOf } from '../../lib/factorization/parameterisations';
import { storage } from '../../lib/factorization/storage';
import { madeUpRun } from '../report/made-up-run';

/** A cell, and what its run is made of. */
function parts<Factors extends SeededFactors>({ label, factors, task }: QuestionCell<Factors>) {
  const { input } = setTaskOf(task);
  return { label, factors, input, students: task.kind === 'evaluation' ? task.students : undefined };
}

const cifar10 = { imageShape: [32, 32, 3] as const, classCount: 10 };
const quick = { profile: 'quick', dataset: 'cifar10' } as const;

for (const imagesPerClass of [1, 2, 3, 10, 50]) {
  test(`no set costs more than ${imagesPerClass} images per class, and one part more would`, () => {
    for (const { kind, set } of setsAtBudget({ ...cifar10, imagesPerClass, kinds: containerKinds })) {
      const whole = configure({ set }).set;
      const perClass = perClassOf(whole);
      const hallucinators = whole.kind === 'haba' ? whole.hallucinators : 0;
      const { itemsPerClass } = parameterisationOf(whole.kind);
      const floatsOf = (count: number) => storage({ ...whole, ...cifar10, [itemsPerClass]: count }).floats;
      const available = imagesPerClass * 10 * 3072;
      assert.ok(floatsOf(perClass) <= available, `${kind}: ${floatsOf(perClass)} of ${available}`);
      assert.ok(floatsOf(perClass + 1) > available, `${kind}: another one fits`);
      assert.ok(hallucinators * 5568 <= available / 3 || hallucinators === 0, kind);
    }
  });
}

test('at one image per class no colour basis fits beside a hallucinator; at ten the authors five do, with nine bases', () => {
  const kinds = (imagesPerClass: number) => setsAtBudget({ ...cifar10, imagesPerClass }).map(({ kind }) => kind);
  assert.deepEqual(kinds(1), ['images', 'multi-formation', 'HaBa, single-channel', 'HaBa + multi-formation']);
  const haba = setsAtBudget({ ...cifar10, imagesPerClass: 10 }).find(({ kind }) => kind === 'HaBa');
  assert.deepEqual(haba?.set, { kind: 'haba', basesPerClass: 9, hallucinators: 5, channels: 'colour' });
});

test('every grid names each of its runs once, and no two cells share their factors', () => {
  const grids = [
    storageEfficiency(quick),
    authorsRow(quick),
    diversity(quick),
    crossArchitecture(quick),
    constraintAblation(quick),
    tuning(quick),
    tuningFinal(quick, [
      { kind: 'images', part: 'iterations', value: 1000, isDefault: false, validationAccuracy: 0.4 },
      { kind: 'HaBa', part: 'iterations', value: 1000, isDefault: false, validationAccuracy: 0.4 },
    ]),
  ];
  for (const cells of grids as { label: string; factors: object }[][]) {
    assert.equal(new Set(cells.map(({ label }) => label)).size, cells.length);
    assert.equal(new Set(cells.map(({ factors }) => JSON.stringify(factors))).size, cells.length);
  }
});

test('storage efficiency: five kinds at each budget that holds them, images and HaBa under MTT, random images', () => {
  const factors = storageEfficiency(quick, { budgets: [1, 10], trajectoryBudgets: [10] }).map((cell) => cell.factors);
  const count = (method: string, budget: number) =>
    factors.filter((cell) => cell.method === method && cell.budget === budget).length;
  assert.deepEqual(
    [count('none', 1), count('none', 10), count('DM', 1), count('DM', 10), count('MTT', 1), count('MTT', 10)],
    [3, 3, 12, 15, 0, 6],
  );
});

test('storage efficiency: of the kinds that claims are about alone, the same cells that all kinds have among theirs', () => {
  const all = storageEfficiency(quick, { seeds: [4] });
  const claimed = storageEfficiency(quick, { seeds: [4], kinds: 'images and HaBa' });
  assert.deepEqual(
    claimed.map(({ factors: { method, kind, budget } }) => `${method} ${kind} ${budget}`),
    [
      'none random real images 1',
      'none random real images 10',
      'DM images 1',
      'DM HaBa, single-channel 1',
      'DM images 10',
      'DM HaBa 10',
      'MTT images 1',
      'MTT HaBa, single-channel 1',
      'MTT images 10',
      'MTT HaBa 10',
    ],
  );
  for (const cell of claimed)
    assert.ok(
      all.some((one) => isDeepStrictEqual(one, cell)),
      cell.label,
    );
});

test('storage efficiency with optimisers of its own: every distillation has them, and real images are no distillation', () => {
  const optimisers = { stepSize: { clipNorm: 20 } };
  const cells = storageEfficiency(quick, { seeds: [0], kinds: 'images and HaBa', optimisers }).map(parts);
  for (const { factors, input } of cells)
    assert.deepEqual(input.optimisers, factors.method === 'none' ? undefined : optimisers, JSON.stringify(factors));
  const usual = storageEfficiency(quick, { seeds: [0], kinds: 'images and HaBa' }).map(parts);
  assert.ok(usual.every(({ input }) => !('optimisers' in input)));
});

test('storage efficiency, study: under MTT every kind at small budgets, where long runs are affordable', () => {
  const cells = storageEfficiency({ profile: 'study', dataset: 'cifar10' }, { seeds: [0] });
  const trajectories = cells.filter(({ factors }) => factors.method === 'MTT').map(({ factors }) => factors);
  assert.deepEqual([...new Set(trajectories.map(({ budget }) => budget))], [1, 2, 5]);
  const kinds = trajectories.filter(({ budget }) => budget === 2).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['images', 'multi-formation', 'HaBa', 'HaBa, single-channel', 'HaBa + multi-formation']);
});

test('every comparison is made with every seed: the same sets, whose inputs differ in the seed alone', () => {
  const all: Record<
    string,
    (settings: typeof quick, options: { seeds?: readonly number[] }) => QuestionCell<SeededFactors>[]
  > = {
    storageEfficiency,
    // Its judge is one, for all seeds.
    diversity: (...given) => diversity(...given).filter(({ factors }) => factors.set !== 'full training set'),
    crossArchitecture,
    constraintAblation,
    tuning,
  };
  for (const [name, question] of Object.entries(all)) {
    const cells = question(quick, { seeds: [4, 9] }).map(parts);
    assert.deepEqual([...new Set(cells.map(({ factors }) => factors.seed))], [4, 9], name);
    for (const { factors, input } of cells) assert.equal(input.seed, factors.seed, name);
    const withoutSeed = (seed: number) =>
      cells
        .filter(({ factors }) => factors.seed === seed)
        .map(({ factors, input, students }) => ({
          factors: { ...factors, seed: undefined },
          input: { ...input, seed: undefined },
          students,
        }));
    assert.ok(withoutSeed(4).length > 1, name);
    assert.deepEqual(withoutSeed(4), withoutSeed(9), name);
    const seedsOf = (settings: QuestionSettings) => [
      ...new Set(question(settings as typeof quick, {}).map(({ factors }) => factors.seed)),
    ];
    assert.deepEqual(seedsOf(quick), [0, 1, 2], name);
    assert.deepEqual(seedsOf({ profile: 'smoke', dataset: 'shapes' }), [0, 1], name);
  }
});

test("the authors' first row: their counts and what is really stored, everything theirs but width, experts and students", () => {
  const cells = authorsRow({ profile: 'study', dataset: 'cifar10' }, { seeds: [3] }).map(parts);
  const floats = cells.map(({ input }) => {
    const { network, matching, set, whitening, iterations, optimisers } = configure(input);
    assert.ok(network.name === 'ConvNet' && network.width === 32);
    assert.ok(matching.method === 'mtt' && matching.studentSteps === 50 && matching.latestStartEpoch === 2);
    assert.deepEqual([whitening, iterations, optimisers.bases.learningRate], ['zca', 15_000, 100]);
    return storage({ ...set, ...cifar10 }).floats;
  });
  // PUBLISHED.md: five hallucinators are 27,840 floats.
  assert.deepEqual(
    cells.map(({ factors }) => factors.nominal),
    [1, 1, 1, 2],
  );
  assert.deepEqual([floats[0], floats[1], floats[3]], [30_720, 30_720 + 27_840, 61_440]);
});

test("the authors' first row as the study profile matches trajectories; its HaBa is the set of the ablation with both constraints", () => {
  const study = { profile: 'study', dataset: 'cifar10' } as const;
  const cells = authorsRow(study, { recipe: 'profile', kinds: ['images', 'HaBa'], seeds: [3] }).map(parts);
  assert.deepEqual(
    cells.map(({ factors: { kind, nominal } }) => [kind, nominal]),
    [
      ['images', 1],
      ['HaBa', 1],
      ['images', 2],
    ],
  );
  const [, haba] = cells.map(({ input }) => configure(input));
  assert.ok(haba.matching.method === 'mtt');
  assert.deepEqual([haba.profile, haba.iterations, haba.matching.studentSteps], ['study', 1500, 20]);
  const ablation = constraintAblation(study, { seeds: [3] }).map(parts);
  const both = ablation.find(({ factors }) => factors.constraints === 'both')!;
  assert.deepEqual(haba, configure(both.input));
});

test('questions are asked under the method of their profile: DM where minutes must do, trajectories where there are hours', () => {
  for (const question of [diversity, crossArchitecture, constraintAblation]) {
    for (const [profile, method] of Object.entries({ smoke: 'dm', quick: 'dm', study: 'mtt', paper: 'mtt' })) {
      const cells = question({ profile: profile as 'quick', dataset: 'cifar10' }, { seeds: [0] }).map(parts);
      const distilled = cells.flatMap(({ input }) => ('set' in input ? [configure(input).matching.method] : []));
      assert.deepEqual([...new Set(distilled)], [method], `${question.name}, ${profile}`);
    }
  }
});

test('diversity: one judge, whichever the seeds', () => {
  const judges = diversity(quick, { seeds: [4, 9] })
    .map(parts)
    .filter(({ factors }) => factors.set === 'full training set');
  assert.deepEqual(
    judges.map(({ input }) => input),
    [{ ...quick, seed: 4, baseline: 'full' }],
  );
});

test('other architectures: students of equal updates on all sets of a network', () => {
  const cells = crossArchitecture(quick, { seeds: [0] }).map(parts);
  const recipe = (network: string) => {
    const evaluations = cells
      .filter(({ factors }) => factors.network === network)
      .map(({ input, students }) => students?.evaluation ?? input.evaluation);
    assert.equal(evaluations.length, 3);
    for (const evaluation of evaluations) assert.deepEqual(evaluation, evaluations[0]);
    return evaluations[0];
  };
  // 60 epochs of 100 images: 4 batches of 32, or one of 256.
  assert.deepEqual(recipe('ConvNet'), { students: 2, updates: 480, batchSize: 32 });
  // At a rate that a set has learned for ConvNet others may diverge.
  assert.deepEqual(recipe('ResNet18'), { students: 2, updates: 160, batchSize: 32, learningRate: 0.01 });
  assert.deepEqual(recipe('VGG11'), { students: 2, updates: 120, batchSize: 256, learningRate: 0.01 });
});

test('other architectures: HaBa in colour, and where that does not fit, with a single channel', () => {
  const kindsAt = (imagesPerClass: number) => [
    ...new Set(crossArchitecture(quick, { imagesPerClass, seeds: [0] }).map(({ factors }) => factors.kind)),
  ];
  assert.deepEqual(kindsAt(10), ['random real images', 'images', 'HaBa']);
  assert.deepEqual(kindsAt(1), ['random real images', 'images', 'HaBa, single-channel']);
});

test('other architectures: lengthened, students have that many times the updates; fewer are trained where fewer are asked for; a recipe in epochs has none to lengthen', () => {
  const lengthened = crossArchitecture(quick, { seeds: [0], networks: ['ResNet18', 'VGG11'], lengthened: 3 }).map(
    parts,
  );
  assert.deepEqual(
    lengthened.map(({ input, students }) => (students?.evaluation ?? input.evaluation)?.updates),
    [480, 480, 480, 360, 360, 360],
  );
  const few = {
    seeds: [0],
    networks: ['ResNet18', 'ConvNet'],
    lengthened: 2,
    students: 1,
    learningRates: { ResNet18: 0.003 },
  } as const;
  const one = crossArchitecture(quick, few).map(parts);
  assert.deepEqual(one[0].input.evaluation, { students: 1, updates: 320, batchSize: 32, learningRate: 0.003 });
  assert.deepEqual(one[3].input.evaluation, { students: 1, updates: 960, batchSize: 32 }, "ConvNet's is the set's own");
  const paper = { profile: 'paper', dataset: 'cifar10' } as const;
  const ratesOf = (cells: ReturnType<typeof crossArchitecture>) =>
    cells.map(parts).map(({ input, students }) => (students?.evaluation ?? input.evaluation)?.learningRate);
  const asked = {
    seeds: [0],
    imagesPerClass: 1,
    matching: { method: 'mtt' },
    networks: ['ConvNet', 'VGG11', 'AlexNet'],
    learningRates: { AlexNet: 0.003 },
  } as const;
  const own = [undefined, undefined, undefined];
  assert.deepEqual(ratesOf(crossArchitecture(quick, asked)), [...own, 0.01, 0.01, 0.01, 0.003, 0.003, 0.003]);
  assert.deepEqual(ratesOf(crossArchitecture(paper, asked)), [...own, ...own, 0.003, 0.003, 0.003]);
  assert.throws(() => crossArchitecture(quick, { learningRates: { Alexnet: 0.003 } }), /Alexnet.*AlexNet/);
  assert.throws(
    () => crossArchitecture(quick, { learningRates: { ConvNet: 0.003 } }),
    /'ConvNet', whose students take/,
  );
  assert.throws(() => crossArchitecture(paper, { lengthened: 3 }), /'lengthened' is 3, and profile 'paper' .* epochs/);
});

test('diversity: more hallucinators, not more floats', () => {
  const bases = diversity(quick, { seeds: [0] }).flatMap(({ factors }) =>
    factors.set === 'HaBa' ? [[factors.hallucinators, factors.perClass]] : [],
  );
  // (307,200 - h x 5,568) / 30,720, rounded down.
  assert.deepEqual(bases, [
    [1, 9],
    [2, 9],
    [3, 9],
    [5, 9],
    [8, 8],
  ]);
});

test('questions asked of another method: the same cells but for the loss, real images whitened as it has them', () => {
  const paper = { ...quick, profile: 'paper' } as const;
  const mtt = { matching: { method: 'mtt', studentSteps: 5 } } as const;
  const asked = (settings: typeof quick | typeof paper, options: object) => [
    diversity(settings, options),
    crossArchitecture(settings, options),
    constraintAblation(settings, options),
  ];
  const usual = asked(quick, {});
  for (const [question, cells] of (asked(paper, mtt) as QuestionCell<SeededFactors>[][]).entries()) {
    assert.deepEqual(
      cells.map(({ label }) => label),
      usual[question].map(({ label }) => label),
    );
    for (const { task } of cells) {
      const { input } = setTaskOf(task);
      if ('baseline' in input) assert.equal(input.whitening, 'zca');
      else assert.deepEqual(input.matching, mtt.matching);
    }
  }
  // In the quick profile they are what stored runs were made of: DM, and nothing said of whitening.
  for (const { input } of usual.flatMap((cells) => (cells as QuestionCell<SeededFactors>[]).map(parts))) {
    assert.ok(!('whitening' in input));
    if (!('baseline' in input)) assert.deepEqual(input.matching, { method: 'dm' });
  }
});

test('the weights of L_cos: none, the authors, and ten and a hundred times theirs', () => {
  const cells = constraintAblation(quick, { settings: cosineWeights, seeds: [0] });
  assert.deepEqual(
    cells.map((cell) => [
      cell.factors.constraints,
      configure(parts(cell).input as ConfigurationInput).constraints.cosine,
    ]),
    [
      ['none', 0],
      ['L_cos 0.1', 0.1],
      ['L_cos 1', 1],
      ['L_cos 10', 10],
    ],
  );
});

test('an ablation cell more is a run more a seed; an impossible budget is refused', () => {
  const settings = { none: { cosine: 0, contrastive: 0 }, strong: { cosine: 1, contrastive: 0.1 } };
  assert.equal(constraintAblation(quick, { settings, seeds: [0, 1, 2, 3] }).length, 8);
  assert.throws(() => constraintAblation(quick, { imagesPerClass: 1 }), /no basis in colour fits 1 images per class/);
});

test('tuning: as many other settings for images as for HaBa, one at a time, around the profile', () => {
  const factors = tuning(quick, { seeds: [0] }).map((cell) => cell.factors);
  const tried = (kind: string, part: string) =>
    factors.filter((cell) => cell.kind === kind && cell.part === part).map(({ value }) => value);
  assert.deepEqual(tried('images', 'rate of images or bases'), [1, 3, 10, 30, 100]);
  assert.deepEqual(tried('HaBa', 'rate of images or bases'), [3, 10, 30]);
  assert.deepEqual(tried('HaBa', 'rate of hallucinators'), [5e-5, 5e-4, 5e-3]);
  for (const kind of ['images', 'HaBa']) {
    assert.deepEqual(tried(kind, 'iterations'), [100, 300, 1000]);
    assert.deepEqual(tried(kind, 'updates of students'), [300, 1000]);
    assert.equal(factors.filter((cell) => cell.kind === kind && !cell.isDefault).length, 7);
  }
  assert.ok(factors.filter(({ isDefault }) => isDefault).every(({ value }) => [10, 5e-4, 300].includes(value)));
  assert.throws(() => tuning(quick, { imagesPerClass: 1 }), /no basis in colour fits 1 images per class/);
});

test('tuning: all students are tested on the validation images, and every cell changes what it says', () => {
  const cells = tuning(quick, { seeds: [5] }).map(parts);
  const set = { kind: 'haba', basesPerClass: 9, hallucinators: 5, channels: 'colour' };
  const base = { ...quick, seed: 5, matching: { method: 'dm' }, set, evaluation: { split: 'validation' } };
  const cell = (part: string, value: number) =>
    cells.find(({ factors }) => factors.kind === 'HaBa' && factors.part === part && factors.value === value)!;
  assert.deepEqual(cell('rate of images or bases', 10).input, base);
  assert.deepEqual(cell('rate of images or bases', 30).input, {
    ...base,
    optimisers: { bases: { learningRate: 30 } },
  });
  assert.deepEqual(cell('rate of hallucinators', 5e-3).input, {
    ...base,
    optimisers: { hallucinators: { learningRate: 5e-3 } },
  });
  assert.deepEqual(cell('iterations', 1000).input, { ...base, iterations: 1000 });
  const { input, students } = cell('updates of students', 1000);
  assert.deepEqual(input, base);
  assert.deepEqual(students, { evaluation: { updates: 1000, split: 'validation' } });
  for (const { input: each } of cells) {
    assert.deepEqual(each.evaluation, { split: 'validation' });
    assert.equal(configure(each as ConfigurationInput).holdOut, true);
  }
  // The paper's profile counts epochs.
  const lengths = tuning({ ...quick, profile: 'paper' }, { seeds: [0] })
    .map(parts)
    .filter(({ factors }) => factors.part === 'epochs of students');
  assert.deepEqual(
    lengths.map(({ factors, students: other }) => [factors.value, other?.evaluation?.epochs]),
    [
      [1000, undefined],
      [3333, 3333],
      [1000, undefined],
      [3333, 3333],
    ],
  );
});

const validated = (
  kind: 'images' | 'HaBa',
  value: number,
  seed: number,
  accuracy: number,
  { isDefault = false, split = 'validation' }: { isDefault?: boolean; split?: 'test' | 'validation' } = {},
): GridRun<TuningFactors> => ({
  label: '',
  factors: { kind, part: 'iterations', value, isDefault, seed },
  result: madeUpRun(`${kind}-${value}-${seed}`, { seed, students: [accuracy], evaluation: { updates: 300, split } }),
});

test('chosen is the best mean over seeds of each kind, not the best seed; where others are as good, the profile', () => {
  const runs = [
    // 100: 0.9 and 0.1; 300: 0.5 and 0.625, the better mean.
    ...[validated('images', 100, 0, 0.9), validated('images', 100, 1, 0.1)],
    ...[validated('images', 300, 0, 0.5), validated('images', 300, 1, 0.625)],
    ...[validated('HaBa', 100, 0, 0.5), validated('HaBa', 100, 1, 0.75)],
    ...[0, 1].map((seed) => validated('HaBa', 300, seed, 0.625, { isDefault: true })),
  ];
  assert.deepEqual(chosenByTuning(runs), [
    { kind: 'images', part: 'iterations', value: 300, isDefault: false, validationAccuracy: 0.5625 },
    { kind: 'HaBa', part: 'iterations', value: 300, isDefault: true, validationAccuracy: 0.625 },
  ]);
});

test('nothing is chosen on the test images, nor between settings of other seeds', () => {
  assert.throws(
    () => chosenByTuning([validated('images', 100, 0, 0.5, { split: 'test' })]),
    /images-100-0 were tested on the test images; .* 'evaluation.split' = 'validation'/,
  );
  const uneven = [0, 1].map((seed) => validated('HaBa', 100, seed, 0.5));
  assert.throws(
    () => chosenByTuning([...uneven, validated('HaBa', 300, 0, 0.9)]),
    /HaBa, iterations 300, was run with the seeds 0, other settings with 0, 1; run all/,
  );
});

test('what was chosen is distilled from all images and tested on the test images, with every seed, once', () => {
  const chosen: ChosenSetting[] = [
    { kind: 'images', part: 'updates of students', value: 1000, isDefault: false, validationAccuracy: 0.4 },
    { kind: 'HaBa', part: 'rate of hallucinators', value: 5e-3, isDefault: false, validationAccuracy: 0.4 },
  ];
  const cells = tuningFinal(quick, chosen, { seeds: [4, 9] });
  const common = { ...quick, matching: { method: 'dm' }, holdOut: false };
  const images = { ...common, set: { kind: 'images', ipc: 10 }, evaluation: { updates: 1000, split: 'test' } };
  const haba = {
    ...common,
    set: { kind: 'haba', basesPerClass: 9, hallucinators: 5, channels: 'colour' },
    optimisers: { hallucinators: { learningRate: 5e-3 } },
    evaluation: { split: 'test' },
  };
  assert.deepEqual(
    cells.map((cell) => parts(cell).input),
    [4, 9].flatMap((seed) => [
      { ...images, seed },
      { ...haba, seed },
    ]),
  );
  assert.equal(new Set(cells.map(({ label }) => label)).size, 4);
  const whole = cells.map((cell) => configure(parts(cell).input as ConfigurationInput));
  assert.ok(whole.every(({ holdOut, evaluation }) => !holdOut && evaluation.split === 'test'));
  // The profile's own setting, however it was called, is the profile.
  const [own] = tuningFinal(quick, [{ ...chosen[1], isDefault: true }], { seeds: [0] });
  assert.ok(!('optimisers' in parts(own).input));
});

test('a dataset whose shape is not known is refused, the others named', () => {
  assert.throws(() => storageEfficiency({ profile: 'quick', dataset: 'folder' }), /known shape; allowed are cifar10,/);
});
