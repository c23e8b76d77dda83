/** The defaults of a configuration: what each profile means for a dataset, a method and a kind of set. */
import { knownImageShape, type DatasetName } from '../data/dataset-names';
import type { PartRates } from '../factorization/parameterisation';
import { parameterisationOf } from '../factorization/parameterisations';
import { dmMethod } from '../matching/dm';
import { labelDefaults, labelOptimisers, type LabelsChoice } from '../matching/label-options';
import { matchingMethodOf } from '../matching/methods';
import { networkFamily } from '../networks/network-families';

/** What the defaults depend on: of the method's options and of the set, too, what is given. */
export interface ProfileChoice extends LabelsChoice {
  dataset: DatasetName;
  /** Of the set. */
  kind: string;
  /** Name of the network. */
  network: string;
  split: 'test' | 'validation';
}

/**
 * Raised when a default changes that distillations, or experts and students, depend on: runs are named by what differs from the
 * defaults of a version, so that a new option, with a default that means what was done before, re-names none.
 */
export const profileVersions = { distillation: 2, students: 3 };

/** All six augmentations, as the authors' `dsa_strategy`. */
export const fullAugmentation = 'color_crop_cutout_flip_scale_rotate';

/**
 * For `constraints.batchSize`: more bases than any set has, so that both players of the constraint game see all of them, as in the
 * authors' code. No profile takes fewer. A player holds two images a basis in memory, fewer than distribution or trajectory matching
 * hold beside it; gradient matching, which takes one class at a time, may hold less: there thousands of bases may need a number.
 */
export const allBases = 1_000_000;

/**
 * Complete default settings of a profile (`profile-names.ts`).
 */
export function profileDefaults(choice: ProfileChoice) {
  const { profile, kind, perClass } = choice;
  const method = matchingMethodOf(choice.method);
  const { iterations = dmMethod.iterations } = method;
  const width = { smoke: 16, quick: 32, study: 32, paper: 128 }[profile];
  const imageShape = knownImageShape(choice.dataset);
  return {
    profile,
    seed: 0,
    dataset: choice.dataset,
    whitening: method.whitening?.(profile) ?? 'normalise',
    holdOut: choice.split === 'validation',
    network: { name: choice.network, ...networkFamily(choice.network).defaults({ profile, imageShape }) },
    set: { kind, ...parameterisationOf(kind).defaults({ profile, perClass }) },
    matching: { method: method.name, ...method.defaults(choice) },
    labels: labelDefaults(choice),
    augmentation: method.augmentation ?? fullAugmentation,
    constraints: {
      cosine: 0.1,
      contrastive: 0.1,
      likelihood: 0.1,
      classification: 1,
      temperature: 0.07,
      batchSize: allBases,
      adversary: { width, depth: 3, learningRate: 0.001, momentum: 0.9 },
    },
    optimisers: optimiserDefaults(choice),
    iterations: iterations[profile],
    checkpointEvery: { smoke: 5, quick: 20, study: 50, paper: 100 }[profile],
    evaluation: {
      students: profile === 'paper' ? 5 : 3,
      ...(profile === 'paper' ? { epochs: 1000 } : { updates: { smoke: 30, quick: 300, study: 1000 }[profile] }),
      batchSize: 256,
      learningRate: method.studentRate === undefined ? 0.01 : 'learned',
      momentum: 0.9,
      weightDecay: 5e-4,
      // One recipe for all: a comparison is of sets, not of students.
      augmentation: fullAugmentation,
      split: choice.split,
    },
    compile: true,
  };
}

/** Of each part of the set, as its kind says, and of what the method learns beside it. */
function optimiserDefaults(choice: ProfileChoice): Record<string, PartRates> {
  const { profile, method, kind, perClass } = choice;
  const matching = matchingMethodOf(method);
  const { matches = 'features' } = matching;
  const usual = matching.optimisers?.(choice) ?? dmMethod.optimisers(choice);
  const parts = parameterisationOf(kind).optimisers?.(usual, { profile, matches, perClass }) ?? usual;
  const learned = Object.entries(matching.learns ?? {}).map(([name, one]) => [name, one.optimiser(choice)]);
  return { ...parts, ...(Object.fromEntries(learned) as Record<string, PartRates>), ...labelOptimisers(choice) };
}
