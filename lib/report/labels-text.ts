/** What a training set is labelled with, in words: one wording for all tables. */
import type { LabelKind } from '../factorization/label-kinds';

const words: Record<LabelKind, string> = {
  hard: 'hard',
  experts: 'soft, by experts',
  learned: 'soft, learned',
};

/** Of a kind of labels, e.g. 'soft, by experts'. */
export const labelKindText = (kind: LabelKind): string => words[kind];

/** A result, or what is stored of a run. */
export interface LabelledSet {
  configuration: object;
  ledger?: { parts?: Readonly<Record<string, unknown>> };
}

/**
 * E.g. 'soft, by experts', or of a set that came with labels from elsewhere 'soft, imported'. Configurations of before there was a choice
 * are of hard labels.
 */
export function labelsText({ configuration, ledger }: LabelledSet): string {
  const { labels } = configuration as { labels?: { kind?: LabelKind } };
  const { kind = 'hard' } = labels ?? {};
  return kind === 'hard' && ledger?.parts && 'softLabels' in ledger.parts ? 'soft, imported' : labelKindText(kind);
}

/** The same of several runs, each wording once. */
export function labelsTexts(sets: readonly LabelledSet[]): string {
  return [...new Set(sets.map(labelsText))].join('; ');
}
