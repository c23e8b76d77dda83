/** Labels by experts: what networks that were trained on all real images make of the images of a set. */
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { inBatches } from './batches';

/** Images in rows, of which row r shows item r % items. */
export interface LabelledImages {
  /** All rows: items times what each decodes to. */
  count: number;
  items: number;
  /** @returns [rows.length, height, width, channels]; the caller disposes of it */
  batch: (rows: Int32Array) => tf.Tensor4D;
}

export interface ExpertLabelsOptions {
  network: Network;
  /** How many experts there are. */
  experts: number;
  /** Parameters of one; the receiver owns them. */
  read: (expert: number) => Parameters;
  signal?: AbortSignal;
  /** Called after each expert, with how many are done. */
  onExpert?: (done: number) => void;
  /** Images at a time. Default 500. */
  batchSize?: number;
}

/**
 * The label of each item: the mean, over experts and over all images that the item decodes to, of the probabilities that an expert gives
 * them, without augmentation and without temperature.
 * @returns [items, classes]; the caller disposes of it
 * @throws what `signal` holds, when it is aborted
 * @see Cui et al., Scaling Up Dataset Distillation to ImageNet-1K with Constant Memory, ICML 2023, arXiv 2211.10586: their soft label
 * assignment takes one expert's probabilities in each iteration, here all experts' are taken once
 */
export async function expertLabels(
  { count, items, batch }: LabelledImages,
  { network, experts, read, signal, onExpert, batchSize = 500 }: ExpertLabelsOptions,
): Promise<tf.Tensor2D> {
  type Inputs = { parameters: Parameters; images: tf.Tensor4D };
  const predict = compile(({ parameters, images }: Inputs) => tf.softmax(network.apply(parameters, images)), {
    name: `predictions of ${network.name}`,
  });
  let sum: tf.Tensor2D | undefined;
  try {
    for (let expert = 0; expert < experts; expert++) {
      signal?.throwIfAborted();
      const parameters = read(expert);
      try {
        const next = tf.tidy(() => {
          const probabilities = inBatches(count, batchSize, (first, size) =>
            predict({ parameters, images: batch(Int32Array.from({ length: size }, (_, row) => first + row)) }),
          );
          const own = probabilities.reshape([count / items, items, -1]).mean(0);
          return (sum === undefined ? own : sum.add(own)) as tf.Tensor2D;
        });
        sum?.dispose();
        sum = next;
      } finally {
        disposeAll(parameters);
      }
      onExpert?.(expert + 1);
      await new Promise(setImmediate);
    }
    return tf.tidy(() => sum!.div<tf.Tensor2D>(experts));
  } finally {
    sum?.dispose();
    predict.dispose();
  }
}
