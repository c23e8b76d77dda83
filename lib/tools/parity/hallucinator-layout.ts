/** Hallucinators of golden cases, in PyTorch's layout, as ours: stacked, channels last. */
import { hallucinatorsFromPyTorch } from '../../factorization/hallucinated';
import { withPrefix } from '../../tensor/parameters';
import type { tf } from '../../tensor/tensorflow';
import type { GoldenCase } from './golden-case';

export const hallucinatorNames = ['enc.weight', 'enc.bias', 'scale', 'shift', 'dec.weight', 'dec.bias'] as const;

/** @param prefixes of each hallucinator's tensors, e.g. 'param.' */
export function hallucinatorParameters(golden: GoldenCase, prefixes: string[]): Record<string, tf.Tensor> {
  const parts = prefixes.map((prefix) =>
    Object.fromEntries(hallucinatorNames.map((name) => [name, golden.tensor(`${prefix}${name}`)])),
  );
  return withPrefix(hallucinatorsFromPyTorch(parts), 'hallucinators.');
}
