/** What a student is trained on: distilled images of any kind, or real ones, as rows that are asked for by number. */
import type { ImageSource } from '../data/image-source';
import type { DistilledSet } from '../factorization/distilled-set';
import { softLabelsOf } from '../factorization/soft-labels';
import { compile } from '../tensor/compile';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

export interface TrainingSet {
  /** Images of one epoch. */
  readonly count: number;
  /** Rows to train on in one epoch, [count], shuffled. */
  epoch(random: Random): Int32Array;
  /** @returns [rows.length, height, width, channels]; the caller disposes of it */
  batch(rows: Int32Array): tf.Tensor4D;
  /** Class of each row. */
  labels(rows: Int32Array): Int32Array;
  /** Probabilities of classes, [rows.length, classes], that students learn in place of classes; the caller disposes of it. */
  softLabels?(rows: Int32Array): tf.Tensor2D;
  dispose(): void;
}

export interface DistilledTrainingSetOptions {
  /** Bases hallucinated at a time, which bounds memory. Default 500. */
  chunk?: number;
}

/**
 * Every training image of a distilled set, hallucinated once; an epoch shows each basis (and each of its formations)
 * once, through a random hallucinator, as the authors evaluate.
 * @param parameters of the set, and its soft labels where it has them
 */
export function distilledTrainingSet(
  set: DistilledSet,
  parameters: Parameters,
  { chunk = 500 }: DistilledTrainingSetOptions = {},
): TrainingSet {
  const { itemCount, views, formations } = set;
  // Rows run over hallucinators, then formations, then items: row = (hallucinator * formations + formation) * items + item.
  const images = hallucinateAll(set, parameters, chunk);
  const classes = set.labels(Int32Array.from({ length: itemCount }, (_, item) => item)).slice(0, itemCount);
  const soft = softLabelsOf(parameters);
  return {
    count: formations * itemCount,
    epoch(random) {
      return random.permutation(formations * itemCount).map((place) => {
        const hallucinator = views === 1 ? 0 : random.integer(views);
        return hallucinator * formations * itemCount + place;
      });
    },
    batch: (rows) => tf.tidy(() => tf.gather(images, tf.tensor1d(rows, 'int32'))),
    labels: (rows) => rows.map((row) => classes[row % itemCount]),
    ...(soft && {
      softLabels: (rows) =>
        tf.tidy(() =>
          tf.gather(
            soft,
            tf.tensor1d(
              rows.map((row) => row % itemCount),
              'int32',
            ),
          ),
        ),
    }),
    dispose: () => tf.dispose([images, ...(soft ? [soft] : [])]),
  };
}

/** [hallucinators * formations * items, height, width, channels] */
function hallucinateAll(set: DistilledSet, parameters: Parameters, chunk: number): tf.Tensor4D {
  const { itemCount, views, formations, imageShape } = set;
  type Inputs = { parameters: Parameters; items: tf.Tensor1D; hallucinators: tf.Tensor1D };
  const hallucinate = compile(
    ({ parameters, items, hallucinators }: Inputs) => set.images(parameters, { items, hallucinators }),
    { name: 'hallucination' },
  );
  try {
    return tf.tidy(() => {
      const all: tf.Tensor[] = [];
      for (let hallucinator = 0; hallucinator < views; hallucinator++) {
        const parts: tf.Tensor[] = [];
        for (let first = 0; first < itemCount; first += chunk) {
          const size = Math.min(chunk, itemCount - first);
          const items = tf.range(first, first + size, 1, 'int32');
          const hallucinators = tf.fill([size], hallucinator, 'int32') as tf.Tensor1D;
          parts.push(hallucinate({ parameters, items, hallucinators }).reshape([formations, size, ...imageShape]));
        }
        all.push(tf.concat(parts, 1));
      }
      return tf.concat(all).reshape([views * formations * itemCount, ...imageShape]);
    });
  } finally {
    hallucinate.dispose();
  }
}

/**
 * Real images: all of a source, or the chosen ones.
 * @param soft labels of them, [images, classes], which are taken over: `dispose` frees them. Default: their classes
 */
export function realTrainingSet(source: ImageSource, chosen?: ArrayLike<number>, soft?: tf.Tensor2D): TrainingSet {
  const indices = chosen ?? Int32Array.from({ length: source.count }, (_, index) => index);
  const at = (rows: Int32Array) => rows.map((row) => indices[row]);
  return {
    count: indices.length,
    epoch: (random) => random.permutation(indices.length),
    batch: (rows) => source.batch(at(rows)),
    labels: (rows) => at(rows).map((index) => source.labels[index]),
    ...(soft && { softLabels: (rows) => tf.tidy(() => tf.gather(soft, tf.tensor1d(rows, 'int32'))) }),
    dispose: () => soft?.dispose(),
  };
}
