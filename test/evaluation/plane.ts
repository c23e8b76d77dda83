/** Points in the plane as images, whose features are their coordinates: selections that can be reckoned by hand. */
import type { ImageSource } from '../../lib/data/image-source';
import { tf } from '../../lib/tensor/tensorflow';

type Point = readonly [x: number, y: number];

/** @param classes points of each class; images are numbered class by class */
export function planeSource(classes: readonly (readonly Point[])[]): ImageSource {
  const points = classes.flat();
  const labels = Uint8Array.from(classes.flatMap((own, label) => own.map(() => label)));
  return {
    imageShape: [1, 2, 1],
    classCount: classes.length,
    count: points.length,
    labels,
    indicesOfClass: classes.map((_, label) =>
      Int32Array.from([...labels.keys()].filter((place) => labels[place] === label)),
    ),
    batch: (indices) =>
      tf.tensor4d(Array.from(indices, (place) => [...points[place]]).flat(), [indices.length, 1, 2, 1]),
  };
}

/** [batch, 1, 2, 1] to [batch, 2] */
export const coordinates = (images: tf.Tensor4D) => images.reshape<tf.Tensor2D>([images.shape[0], 2]);
