/** Few small images for tests that need real ones. */
import type { ImageSource } from '../lib/data/image-source';
import { Random } from '../lib/tensor/random';
import { tf } from '../lib/tensor/tensorflow';

export interface SmallSourceOptions {
  imageShape?: [number, number, number];
  classCount?: number;
  /** Images of each class; classes alternate. */
  perClass?: number;
  seed?: number;
}

/** Normal noise around a colour of each class's own, -1 to 1: what a network learns in a few steps. */
export function smallSource(options: SmallSourceOptions = {}): ImageSource {
  const { imageShape = [8, 8, 3], classCount = 2, perClass = 12, seed = 0 } = options;
  const random = Random.stream(seed, 'test');
  const count = classCount * perClass;
  const labels = Uint8Array.from({ length: count }, (_, place) => place % classCount);
  const size = imageShape.reduce((product, side) => product * side, 1);
  const images = Array.from(labels, (label) => {
    const noise = random.normalValues(size);
    return noise.map((value, place) => 0.3 * value + Math.cos(2 * label + (place % imageShape[2])));
  });
  return {
    imageShape,
    classCount,
    count,
    labels,
    indicesOfClass: Array.from({ length: classCount }, (_, label) =>
      Int32Array.from({ length: perClass }, (_, place) => classCount * place + label),
    ),
    batch: (indices) =>
      tf.tensor4d(Array.from(indices, (place) => [...images[place]]).flat(), [indices.length, ...imageShape]),
  };
}
