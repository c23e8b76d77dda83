/** A distilled set for PyTorch: the same numbers in PyTorch's layout, one safetensors file. */
import type { Accuracy } from '../evaluation/evaluation';
import { imagesToPyTorch } from '../tensor/layout';
import { withPrefix, type Parameters } from '../tensor/parameters';
import { writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import type { DistilledFile } from './distilled-file';

/**
 * Writes `bases` [items, channels, height, width]; `labels` int32 [items]; with HaBa, for hallucinator j the parts of the
 * authors' module: `hallucinators.j.enc.weight` (OIHW), `.enc.bias`, `.scale` and `.shift` [1, middle, rows, columns],
 * `.dec.weight` (IOHW, of a transposed convolution), `.dec.bias`; `mean` and `deviation` [channels], with ZCA `zca.mean`
 * [pixels] and `zca.inverse` [pixels, pixels] over pixels in the order channels, rows, columns; and a learned `step_size`.
 * The metadata is that of the distilled set, and the accuracy to expect, where it is known.
 */
export function writePyTorchSet(file: string, distilled: DistilledFile, accuracy?: Accuracy): void {
  const { set, parameters, configuration, classNames, imageShape, dataChecksum, statistics } = distilled;
  const items = Int32Array.from({ length: set.itemCount }, (_, item) => item);
  const tensors: Parameters = tf.tidy(() => ({
    bases: imagesToPyTorch(parameters.bases),
    labels: tf.tensor1d(set.labels(items).slice(0, set.itemCount), 'int32'),
    ...hallucinatorsToPyTorch(
      withPrefix(parameters, 'hallucinators.'),
      set.kind === 'haba' ? set.hallucinatorCount : 0,
    ),
    ...whiteningToPyTorch(statistics, imageShape),
    ...(parameters.stepSize === undefined ? {} : { step_size: parameters.stepSize.clone() }),
  }));
  try {
    writeTensors(file, tensors, {
      format: 'haba distilled set in PyTorch layout 1',
      configuration: JSON.stringify(configuration),
      classNames: JSON.stringify(classNames),
      ...(accuracy ? { accuracy: JSON.stringify(accuracy) } : {}),
      dataChecksum,
    });
  } finally {
    tf.dispose(tensors);
  }
}

function hallucinatorsToPyTorch(stacked: Parameters, count: number): Parameters {
  const named: Parameters = {};
  for (let hallucinator = 0; hallucinator < count; hallucinator++) {
    for (const [name, parameter] of Object.entries(stacked)) {
      const own = parameter.slice(hallucinator, 1).squeeze([0]);
      named[`hallucinators.${hallucinator}.${name}`] = inPyTorchLayout(name, own);
    }
  }
  return named;
}

function inPyTorchLayout(name: string, own: tf.Tensor): tf.Tensor {
  // HWIO of the encoder becomes OIHW; HWOI of the decoder IOHW.
  if (name.endsWith('.weight')) return own.transpose([3, 2, 0, 1]);
  return own.rank === 3 ? imagesToPyTorch(own.expandDims(0)) : own;
}

/** Only what inverts it: pixels / 255 = images * deviation + mean, or images zca.inverse + zca.mean. */
function whiteningToPyTorch(statistics: Parameters, imageShape: readonly [number, number, number]): Parameters {
  const { mean, deviation, 'zca.mean': centre, 'zca.inverse': inverse } = statistics;
  const common = { mean: mean.clone(), deviation: deviation.clone() };
  if (inverse === undefined) return common;
  const pixels = centre.size;
  const byChannel = inverse.reshape([...imageShape, ...imageShape]).transpose([2, 0, 1, 5, 3, 4]);
  return {
    ...common,
    'zca.mean': imagesToPyTorch(centre.reshape([...imageShape])).reshape([pixels]),
    'zca.inverse': byChannel.reshape([pixels, pixels]),
  };
}
