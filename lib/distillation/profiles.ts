/** The defaults of a configuration: what each profile means for a dataset, a method and a kind of set. */
import { fullAugmentation } from '../data/augmentation-settings';
import { knownImageShape, type DatasetName } from '../data/dataset-names';
import { studentDefaults, type TestSplit } from '../evaluation/student-settings';
import { constraintDefaults } from '../factorization/constraint-settings';
import { parameterisationOf } from '../factorization/parameterisations';
import { dmMethod } from '../matching/dm';
import { labelDefaults, labelOptimisers, type LabelsChoice } from '../matching/label-options';
import { matchingMethodOf } from '../matching/methods';
import { networkFamily } from '../networks/network-families';
import type { OptimiserSettings } from '../tensor/optimiser-settings';
import { iterationDefaults } from './iteration-settings';

/** What the defaults depend on: of the method's options and of the set, too, what is given. */
export interface ProfileChoice extends LabelsChoice {
  dataset: DatasetName;
  /** Name of the network. */
  network: string;
  split: TestSplit;
}

/**
 * Raised when a default changes that distillations, or experts and students, depend on: runs are named by what differs from the
 * defaults of a version, so that a new option, with a default that means what was done before, re-names none.
 */
export const profileVersions = { distillation: 2, students: 3 };

/**
 * Complete default settings of a profile (`profile-names.ts`).
 */
export function profileDefaults(choice: ProfileChoice) {
  const { profile, kind, perClass } = choice;
  const method = matchingMethodOf(choice.method);
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
    constraints: constraintDefaults(profile),
    optimisers: optimiserDefaults(choice),
    ...iterationDefaults(profile, method.iterations ?? dmMethod.iterations),
    evaluation: studentDefaults({ profile, split: choice.split, learnsRate: method.studentRate !== undefined }),
    compile: true,
  };
}

/** Of each part of the set, as its kind says, and of what the method learns beside it. */
function optimiserDefaults(choice: ProfileChoice): Record<string, OptimiserSettings> {
  const { profile, method, kind, perClass } = choice;
  const matching = matchingMethodOf(method);
  const usual = matching.optimisers?.(choice) ?? dmMethod.optimisers(choice);
  const parts = parameterisationOf(kind).optimisers?.(usual, { profile, method, perClass }) ?? usual;
  const learned = Object.entries(matching.learns ?? {}).map(([name, one]) => [name, one.optimiser(choice)]);
  return {
    ...parts,
    ...(Object.fromEntries(learned) as Record<string, OptimiserSettings>),
    ...labelOptimisers(choice),
  };
}
