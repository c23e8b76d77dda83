import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileNames } from '../../lib/settings/profile-names';
import {
  studentDefaults,
  studentsProblem,
  studentsSchema,
  testSplits,
  withoutOtherLength,
} from '../../lib/evaluation/student-settings';

test("pinned defaults of each profile; the paper's are the authors'", () => {
  const recipe = {
    batchSize: 256,
    learningRate: 0.01,
    momentum: 0.9,
    weightDecay: 5e-4,
    augmentation: 'color_crop_cutout_flip_scale_rotate',
    split: 'test',
  };
  const of = (profile: (typeof profileNames)[number]) => studentDefaults({ profile, split: 'test', learnsRate: false });
  assert.deepEqual(of('smoke'), { students: 3, updates: 30, ...recipe });
  assert.deepEqual(of('quick'), { students: 3, updates: 300, ...recipe });
  assert.deepEqual(of('study'), { students: 3, updates: 1000, ...recipe });
  assert.deepEqual(of('paper'), { students: 5, epochs: 1000, ...recipe });
});

test('defaults are as the schema has them, with any split, and with a rate that is learned', () => {
  for (const profile of profileNames)
    for (const split of testSplits) {
      const settings = studentDefaults({ profile, split, learnsRate: true });
      assert.deepEqual(studentsSchema.parse(settings), settings);
      assert.equal(settings.learningRate, 'learned');
      assert.equal(studentsProblem(settings), undefined);
    }
});

test('a length in the other unit takes the place of the default, in the same one it stands beside nothing', () => {
  const quick = studentDefaults({ profile: 'quick', split: 'test', learnsRate: false });
  const paper = studentDefaults({ profile: 'paper', split: 'test', learnsRate: false });
  const lengths = (defaults: typeof quick, given: Parameters<typeof withoutOtherLength>[1]) => {
    const { epochs, updates } = withoutOtherLength(defaults, given);
    return [epochs, updates];
  };
  assert.deepEqual(lengths(quick, { epochs: 7 }), [undefined, undefined]);
  assert.deepEqual(lengths(quick, { updates: 7 }), [undefined, 300]);
  assert.deepEqual(lengths(quick, undefined), [undefined, 300]);
  assert.deepEqual(lengths(paper, { updates: 7 }), [undefined, undefined]);
  assert.deepEqual(lengths(paper, {}), [1000, undefined]);
  assert.equal(quick.updates, 300);
});

test('two lengths, and none, are refused in a sentence', () => {
  const { updates, ...rest } = studentDefaults({ profile: 'quick', split: 'test', learnsRate: false });
  assert.equal(
    studentsProblem({ ...rest, updates, epochs: 3 }),
    "'evaluation.epochs' is 3 and 'evaluation.updates' is 300; give one of the two, the length of a student's training",
  );
  assert.match(
    studentsProblem(rest)!,
    /^'evaluation\.epochs' is nothing and 'evaluation\.updates' is nothing; give one/,
  );
});
