/** Whitened images, computed once. */
import { tf } from '../tensor/tensorflow';
import type { ImageSource } from './image-source';
import type { Zca } from './zca';

/** Images whitened together. Fixed, so that an image's values do not depend on the batch that first asked for it. */
const block = 1000;

/**
 * A source whose images go through ZCA. Whitening an image costs as much as a ConvNet's forward pass, so each block of
 * images is whitened when it is first asked for and kept, as 32-bit floats.
 */
export function whitenedSource(source: ImageSource, zca: Zca): ImageSource {
  const size = source.imageShape.reduce((product, extent) => product * extent, 1);
  // The operating system gives memory to the blocks that are written, not to the whole array.
  const whitened = new Float32Array(source.count * size);
  const done = new Set<number>();
  const whitenBlock = (number: number) => {
    const first = number * block;
    const indices = Int32Array.from({ length: Math.min(block, source.count - first) }, (_, index) => first + index);
    const images = source.batch(indices);
    const result = zca.whiten(images);
    whitened.set(result.dataSync(), first * size);
    tf.dispose([images, result]);
    done.add(number);
  };
  return {
    ...source,
    batch(indices) {
      const values = new Float32Array(indices.length * size);
      for (let row = 0; row < indices.length; row++) {
        const image = indices[row];
        const number = Math.floor(image / block);
        if (!done.has(number)) whitenBlock(number);
        values.set(whitened.subarray(image * size, (image + 1) * size), row * size);
      }
      return tf.tensor4d(values, [indices.length, ...source.imageShape]);
    },
  };
}
