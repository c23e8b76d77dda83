/**
 * What items are labelled with: their class; the mean prediction of experts for what they decode to in the end; or probabilities
 * whose logits are learned with the set.
 */
export const labelKinds = ['hard', 'experts', 'learned'] as const;
export type LabelKind = (typeof labelKinds)[number];
