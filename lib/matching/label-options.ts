/** What items are labelled with, as a configuration says it; and what must lie ready for that, or for the matching method: experts. */
import { z } from 'zod';
import type { LabelKind } from '../factorization/label-kinds';
import { labelsPart } from '../factorization/soft-labels';
import type { OptimiserSettings } from '../tensor/optimiser-settings';
import { expertOptions, type ExpertOptions } from './experts/expert-options';
import type { MethodChoice, Preparation } from './method';
import { matchingMethodOf, matchingNames, type MatchingOptions } from './methods';
import { mttMethod } from './mtt';

/** Of experts those that predict: `count` of them, after the last of `epochs`. */
const experts = expertOptions;

export const labelsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hard') }),
  z.strictObject({ kind: z.literal('experts'), experts }),
  z.strictObject({
    kind: z.literal('learned'),
    /** What they begin as: the items' classes, or what experts predict for the items as they begin. */
    start: z.enum(['hard', 'experts']),
    experts,
  }),
]);

export type LabelOptions = z.infer<typeof labelsSchema>;

/** What defaults of labels depend on. */
export interface LabelsChoice extends MethodChoice {
  /** Of matching. */
  method: string;
  labels: LabelKind;
}

/** Complete options of a kind of labels. Experts are by default those that trajectory matching needs: with it, those of the run. */
export function labelDefaults({ labels, ...choice }: LabelsChoice): LabelOptions {
  if (labels === 'hard') return { kind: labels };
  const given = choice.method === mttMethod.name ? choice.given : {};
  const usual = { ...mttMethod.defaults({ ...choice, given }).experts, ...(given.experts as object | undefined) };
  return labels === 'experts' ? { kind: labels, experts: usual } : { kind: labels, start: 'hard', experts: usual };
}

/** Default rates of labels that are learned: of no other labels, and of no method whose loss does not depend on them. */
export function labelOptimisers({ labels, ...choice }: LabelsChoice): Record<string, OptimiserSettings> {
  const rates = labels === 'learned' ? matchingMethodOf(choice.method).learnedLabels?.(choice) : undefined;
  return rates === undefined ? {} : { [labelsPart]: rates };
}

/** What labels ask of the matching method: a sentence without its end where they do not go together. */
export function labelsProblem(labels: LabelOptions, matching: MatchingOptions): string | undefined {
  const { method } = matching;
  if (labels.kind === 'learned' && matchingMethodOf(method).learnedLabels === undefined) {
    const learning = matchingNames().filter((name) => matchingMethodOf(name).learnedLabels !== undefined);
    const told = learning.map((name) => `'${name}'`).join(', ');
    return `'labels.kind' is 'learned' and 'matching.method' is '${method}', whose loss does not depend on labels, so that nothing would move them; with it allowed are 'hard' and 'experts'. Labels are learned with ${told}`;
  }
  const predicting = labelling(labels);
  if (predicting === undefined || matching.method !== 'mtt') return undefined;
  const keys = Object.keys(predicting) as (keyof ExpertOptions)[];
  const other = keys.find((key) => !ofNumbers.has(key) && predicting[key] !== matching.experts[key]);
  if (other === undefined) return undefined;
  return `'labels.experts.${other}' is ${predicting[other]} and 'matching.experts.${other}' is ${matching.experts[other]}; a run has one kind of experts: give both the same, or leave 'labels.experts.${other}' out`;
}

/** What experts of one kind may differ in: more of them, and more epochs, are made beside those that are there. */
const ofNumbers = new Set<keyof ExpertOptions>(['count', 'epochs']);

/** The experts that predict labels; undefined where none do. */
export function labelling(labels: LabelOptions): ExpertOptions | undefined {
  if (labels.kind === 'hard' || (labels.kind === 'learned' && labels.start === 'hard')) return undefined;
  return labels.experts;
}

/** Options of trajectory matching that ask for experts, and no more of their epochs than they have. */
export const asTrajectory = (given: ExpertOptions) => ({
  ...mttMethod.defaults({ profile: 'quick', kind: 'images', given: {} }),
  ...{ latestStartEpoch: 1, expertEpochs: 1, experts: given },
});

/**
 * What must lie ready before a run, and the options that it is made by: what the matching method needs, experts that label among it
 * where those are its own; or else experts that label. A method of one's own that needs something else prepared leaves such experts to
 * whoever runs it: where they are missing, they are refused, and said how they are made.
 */
export function preparationOf({
  matching,
  labels,
}: {
  matching: MatchingOptions;
  labels: LabelOptions;
}): { prepare: Preparation; options: object } | undefined {
  const predicting = labelling(labels);
  const { prepare } = matchingMethodOf(matching.method);
  if (predicting === undefined || (prepare !== undefined && matching.method !== 'mtt')) {
    return prepare && { prepare, options: matching };
  }
  const own = matching.method === 'mtt' ? matching.experts : undefined;
  const most = (key: 'count' | 'epochs') => Math.max(predicting[key], own?.[key] ?? 0);
  const all = { ...predicting, count: most('count'), epochs: most('epochs') };
  const options = matching.method === 'mtt' ? { ...matching, experts: all } : asTrajectory(all);
  return { prepare: mttMethod.prepare as Preparation, options };
}
