/** Hallucinators of golden cases, in PyTorch's layout, as ours: stacked, channels last. */
import { imagesFromPyTorch } from '../../tensor/layout';
import { tf } from '../../tensor/tensorflow';
import type { GoldenCase } from './golden-case';

export const hallucinatorNames = ['enc.weight', 'enc.bias', 'scale', 'shift', 'dec.weight', 'dec.bias'] as const;

/** @param prefixes of each hallucinator's tensors, e.g. 'param.' */
export function hallucinatorParameters(golden: GoldenCase, prefixes: string[]): Record<string, tf.Tensor> {
  return Object.fromEntries(
    hallucinatorNames.map((name) => [
      name,
      tf.stack(prefixes.map((prefix) => ourLayout(name, golden.tensor(`${prefix}${name}`)))),
    ]),
  );
}

function ourLayout(name: (typeof hallucinatorNames)[number], stored: tf.Tensor): tf.Tensor {
  // OIHW of the encoder becomes HWIO; IOHW of the decoder, a transposed convolution, HWOI.
  if (name.endsWith('.weight')) return stored.transpose([2, 3, 1, 0]);
  if (name.endsWith('.bias')) return stored;
  return imagesFromPyTorch(stored).squeeze([0]);
}
