/** Names that tensors of a set cannot have: in its file they are something else's. */

/** Of what inverts the whitening, which lies in the file of a set, too. */
export const whiteningPrefix = 'whitening.';

/** In the names of the scales of a tensor that is stored in fewer bits. */
export const scaleSign = '#';

/** Soft labels: probabilities, of a set that is stored; and logits, of one that learns them. */
export const probabilitiesName = 'softLabels';
export const logitsName = 'labelLogits';

/** Of the format of the file. */
const metadataName = '__metadata__';

const taken = [probabilitiesName, logitsName, metadataName];

/** @throws RangeError for a name that a file would take for something else's */
export function requireOwnNames(kind: string, names: readonly string[]): void {
  const name = names.find((one) => taken.includes(one) || one.startsWith(whiteningPrefix) || one.includes(scaleSign));
  if (name === undefined) return;
  throw new RangeError(
    `The kind '${kind}' has a tensor '${name}', which its file would take for something else. Not allowed are ${taken.join(', ')}, names that begin with '${whiteningPrefix}', and names with '${scaleSign}': rename it.`,
  );
}
