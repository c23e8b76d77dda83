/** How students are trained and tested, as a configuration says it under `evaluation`. */
import { z } from 'zod';
import { augmentationSchema, fullAugmentation } from '../data/augmentation-settings';
import type { ProfileName } from '../settings/profile-names';
import { count, nonNegative, positive, share } from '../settings/numbers';

/** Images that students may be tested on. */
export const testSplits = ['test', 'validation'] as const;
export type TestSplit = (typeof testSplits)[number];

export const studentsSchema = z.strictObject({
  /** Students trained on the finished set, each from its own initialisation. Default 3; 5 in the paper profile, as the authors. */
  students: count,
  /**
   * Length of a student's training, in one of two ways. In epochs, as in the literature, a set that yields many images gets
   * as many times the updates of one that yields few. Default in the paper profile: 1000, the authors'.
   */
  epochs: count.optional(),
  /** Default in the smoke, quick and study profiles: 30, 300, 1000. */
  updates: count.optional(),
  /** Images per step. Default 256, the authors'. */
  batchSize: count,
  /**
   * A rate, or 'learned': the one that the matching method learned with the set, as trajectory matching its step size. Default
   * 'learned' where there is one, else 0.01.
   */
  learningRate: z.union([positive, z.literal('learned')], {
    errorMap: () => ({ message: "allowed is a number of more than 0, or 'learned'" }),
  }),
  /** Of their SGD. Default 0.9, the authors'. */
  momentum: share,
  /** Of their SGD. Default 5e-4, the authors'. */
  weightDecay: nonNegative,
  /** Differentiable augmentation of the student's training. Default: all six, whatever the set was distilled with. */
  augmentation: augmentationSchema,
  /** Images that students are tested on. Default 'test'. */
  split: z.enum(testSplits),
});

export type StudentSettings = z.infer<typeof studentsSchema>;

/** What defaults of students depend on. */
export interface StudentsChoice {
  profile: ProfileName;
  split: TestSplit;
  /** Whether the matching method learns a rate for them. */
  learnsRate: boolean;
}

/** Complete settings of a profile. */
export function studentDefaults({ profile, split, learnsRate }: StudentsChoice): StudentSettings {
  return {
    students: profile === 'paper' ? 5 : 3,
    ...(profile === 'paper' ? { epochs: 1000 } : { updates: { smoke: 30, quick: 300, study: 1000 }[profile] }),
    batchSize: 256,
    learningRate: learnsRate ? 'learned' : 0.01,
    momentum: 0.9,
    weightDecay: 5e-4,
    // One recipe for all: a comparison is of sets, not of students.
    augmentation: fullAugmentation,
    split,
  };
}

/** Defaults whose length gives way to one that is given in the other unit. @param given not yet checked */
export function withoutOtherLength(
  defaults: StudentSettings,
  given: Partial<Pick<StudentSettings, 'epochs' | 'updates'>> | undefined,
): StudentSettings {
  const rest = { ...defaults };
  if (given?.updates !== undefined) delete rest.epochs;
  if (given?.epochs !== undefined) delete rest.updates;
  return rest;
}

/** What one setting asks of another: a sentence without its end where they contradict each other. */
export function studentsProblem({ epochs, updates }: StudentSettings): string | undefined {
  if ((epochs === undefined) !== (updates === undefined)) return undefined;
  return `'evaluation.epochs' is ${epochs ?? 'nothing'} and 'evaluation.updates' is ${updates ?? 'nothing'}; give one of the two, the length of a student's training`;
}
