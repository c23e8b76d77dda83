/** The questions' grids: which runs they hold, and that no set costs more than its budget. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure } from '../../../lib/distillation/configuration';
import { constraintAblation } from '../../../lib/experiments/questions/constraint-ablation';
import { crossArchitecture } from '../../../lib/experiments/questions/cross-architecture';
import { diversity } from '../../../lib/experiments/questions/diversity';
import { setsAtBudget } from '../../../lib/experiments/questions/sets-at-budget';
import { storageEfficiency } from '../../../lib/experiments/questions/storage-efficiency';
import { tuning } from '../../../lib/experiments/questions/tuning';
import { storage } from '../../../lib/factorization/storage';

const cifar10 = { imageShape: [32, 32, 3] as const, classCount: 10 };
const quick = { profile: 'quick', dataset: 'cifar10' } as const;

for (const imagesPerClass of [1, 2, 3, 10, 50]) {
  test(`no set costs more than ${imagesPerClass} images per class, and one part more would`, () => {
    for (const { kind, set } of setsAtBudget({ ...cifar10, imagesPerClass })) {
      const whole = configure({ set }).set;
      const [perClass, hallucinators, channels] =
        whole.kind === 'images'
          ? [whole.ipc, 0, 'colour' as const]
          : [whole.basesPerClass, whole.hallucinators, whole.channels];
      const floatsOf = (count: number) =>
        storage({ ...cifar10, perClass: count, hallucinators, channels, factor: whole.factor }).floats;
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
    diversity(quick),
    crossArchitecture(quick),
    constraintAblation(quick),
    tuning(quick),
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
    [1, 1, 4, 5, 0, 2],
  );
});

test('diversity: more hallucinators, not more floats', () => {
  const bases = diversity(quick).flatMap(({ factors }) =>
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

test('an ablation cell more is a run more a seed; an impossible budget is refused', () => {
  const settings = { none: { cosine: 0, contrastive: 0 }, strong: { cosine: 1, contrastive: 0.1 } };
  assert.equal(constraintAblation(quick, { settings, seeds: [0, 1, 2, 3] }).length, 8);
  assert.throws(() => constraintAblation(quick, { imagesPerClass: 1 }), /no basis in colour fits 1 images per class/);
});

test('tuning: as many other settings for images as for HaBa, one at a time, around the profile', () => {
  const factors = tuning(quick).map((cell) => cell.factors);
  const tried = (kind: string, part: string) =>
    factors.filter((cell) => cell.kind === kind && cell.part === part).map(({ value }) => value);
  assert.deepEqual(tried('images', 'rate of images or bases'), [1, 3, 10, 30, 100]);
  assert.deepEqual(tried('HaBa', 'rate of images or bases'), [3, 10, 30]);
  assert.deepEqual(tried('HaBa', 'rate of hallucinators'), [5e-5, 5e-4, 5e-3]);
  for (const kind of ['images', 'HaBa']) {
    assert.deepEqual(tried(kind, 'iterations'), [100, 300, 1000]);
    assert.deepEqual(tried(kind, 'epochs of students'), [300, 1000]);
    assert.equal(factors.filter((cell) => cell.kind === kind && !cell.isDefault).length, 7);
  }
  assert.ok(factors.filter(({ isDefault }) => isDefault).every(({ value }) => [10, 5e-4, 300].includes(value)));
  assert.throws(() => tuning(quick, { imagesPerClass: 1 }), /no basis in colour fits 1 images per class/);
});

test('a dataset whose shape is not known is refused, the others named', () => {
  assert.throws(() => storageEfficiency({ profile: 'quick', dataset: 'folder' }), /known shape; allowed are cifar10,/);
});
