/** A distilled set for PyTorch: the same numbers in PyTorch's layout, one safetensors file. */
import type { Accuracy } from '../evaluation/evaluation';
import { parameterisationOf } from '../factorization/parameterisations';
import { matchingMethodOf } from '../matching/methods';
import { imagesToPyTorch } from '../tensor/layout';
import type { Parameters } from '../tensor/parameters';
import { writeTensors } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import type { DistilledFile } from './distilled-file';

/**
 * Writes `labels` int32 [items] and what the set's kind says: of images and HaBa `bases` [items, channels, height, width], with
 * HaBa the hallucinators; of kinds that say nothing `images`, all that they decode to, and `labels` of those; `soft_labels`, probabilities [items or images,
 * classes], where the set has them. Beside them `mean`
 * and `deviation` [channels], with ZCA `zca.mean` [pixels] and `zca.inverse` [pixels, pixels] over pixels in the order channels,
 * rows, columns; and what the matching method learned beside the set, as trajectory matching's `step_size`, by which name the rate
 * that students take is there of any method.
 * The metadata is that of the distilled set, and the accuracy to expect, where it is known.
 */
export function writePyTorchSet(file: string, distilled: DistilledFile, accuracy?: Accuracy): void {
  const { configuration, classNames, imageShape, dataChecksum, statistics } = distilled;
  const tensors: Parameters = tf.tidy(() => ({
    ...setToPyTorch(distilled),
    ...whiteningToPyTorch(statistics, imageShape),
    ...learnedToPyTorch(distilled),
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

/** What a set's kind says is written, and labels; by default the images that it decodes to. */
function setToPyTorch({ set, parameters }: DistilledFile): Parameters {
  const items = Int32Array.from({ length: set.itemCount }, (_, item) => item);
  const labels = set.labels(items);
  // Of what an item decodes to, all is labelled alike.
  const soft = (times: number): Parameters =>
    parameters.softLabels === undefined ? {} : { soft_labels: tf.tile(parameters.softLabels, [times, 1]) };
  const written = parameterisationOf(set.kind).toPyTorch?.(parameters);
  if (written) return { ...written, labels: tf.tensor1d(labels.slice(0, set.itemCount), 'int32'), ...soft(1) };
  const decoded = Array.from({ length: set.views }, (_, view) =>
    set.images(parameters, {
      items: tf.tensor1d(items, 'int32'),
      hallucinators: tf.fill<tf.Rank.R1>([set.itemCount], view, 'int32'),
    }),
  );
  return {
    images: imagesToPyTorch(tf.concat(decoded)),
    labels: tf.tile(tf.tensor1d(labels, 'int32'), [set.views]),
    ...soft(set.views * set.formations),
  };
}

/** Under names as Python writes them. */
function learnedToPyTorch({ method, configuration }: DistilledFile): Parameters {
  const pythonic = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const { studentRate = '' } = matchingMethodOf(configuration.matching.method);
  const { [studentRate]: rate } = method;
  return {
    ...Object.fromEntries(Object.entries(method).map(([name, tensor]) => [pythonic(name), tensor.clone()])),
    ...(rate && { step_size: rate.clone() }),
  };
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
