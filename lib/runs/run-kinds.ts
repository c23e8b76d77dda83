/** What runs make. */
import type { KeptEnd } from '../evaluation/el2n';

/** Real images that are chosen by what networks make of them. */
export const coresets = ['herding', 'k-centre', 'k-medoids', 'el2n-easiest', 'el2n-hardest'] as const;

/** What coresets are chosen by: made once for each seed and kept, since several budgets, and several coresets, go by the same. */
export const coresetBases = ['features', 'el2n-scores'] as const;

/**
 * What a run makes a training set of: it distils one, or takes one that was made elsewhere; or stores a distilled one in another precision; or takes real images at random,
 * as a coreset, or all. And what coresets are chosen by, which is no training set.
 */
export const runKinds = ['distillation', 'imported', 'stored', 'random', 'full', ...coresets, ...coresetBases] as const;

export type RunKind = (typeof runKinds)[number];

/** Whether it is a set that lies in `distilled.safetensors`, not real images. */
export function isDistilled(kind: RunKind): kind is 'distillation' | 'imported' | 'stored' {
  return kind === 'distillation' || kind === 'imported' || kind === 'stored';
}

/** Whether it holds so many images a class. */
export function isOfClasses(kind: RunKind): boolean {
  return kind !== 'full' && !(coresetBases as readonly string[]).includes(kind);
}

export type CoresetBasis = (typeof coresetBases)[number];

/** Real images that a training set is compared with, as a person asks for them. */
export const baselines = ['random', 'herding', 'k-centre', 'k-medoids', 'el2n', 'full'] as const;

export type Baseline = (typeof baselines)[number];

/** The same as kinds of run: of EL2N's two ends, one. */
export type BaselineKind = Exclude<RunKind, 'distillation' | 'imported' | 'stored' | CoresetBasis>;

/** @throws RangeError for what is no baseline, and for an end of scores where there are none */
export function kindOfBaseline(baseline: Baseline, keep?: KeptEnd): BaselineKind {
  if (!baselines.includes(baseline)) {
    throw new RangeError(`There is no baseline '${baseline}'; allowed are ${baselines.join(', ')}.`);
  }
  if (baseline !== 'el2n') {
    if (keep === undefined) return baseline;
    throw new RangeError(`'keep' is '${keep}', and the baseline '${baseline}' has no scores; only 'el2n' has.`);
  }
  switch (keep) {
    case undefined:
    case 'easiest':
      return 'el2n-easiest';
    case 'hardest':
      return 'el2n-hardest';
    default:
      throw new RangeError(`'keep' is '${String(keep)}'; allowed are easiest, hardest.`);
  }
}
