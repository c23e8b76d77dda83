/**
 * Gradients that TensorFlow.js has, in a form that costs less, eager as well as compiled. Registered once, for every backend.
 *
 * Sums and means broadcast their upstream gradient by multiplying with tensors of ones, whose elements tfjs writes one by
 * one in JavaScript: here TensorFlow fills them, or, in a compiled function, no one does. Tiling sums slices one by one,
 * thousands where a feature map is broadcast: here it is one sum.
 */
import type * as tfjs from '@tensorflow/tfjs';

/** Replaces tfjs's gradients of `Sum`, `Mean` and `Tile`. */
export function registerFirstOrderGradients(tf: typeof tfjs): void {
  /** The upstream gradient of a reduction, back in the shape of what was reduced. */
  const expand = (upstream: tfjs.Tensor, { shape }: tfjs.Tensor, axis: number | number[] | undefined) => {
    const reduced = new Set(tf.util.parseAxisParam(axis as number[], shape));
    const kept = shape.map((size, dimension) => (reduced.has(dimension) ? 1 : size));
    return { expanded: upstream.reshape(kept), count: tf.util.sizeFromShape(shape) / tf.util.sizeFromShape(kept) };
  };
  tf.registerGradient({
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc: (upstream, [x], { axis }) => ({
      x: () => expand(upstream as tfjs.Tensor, x, axis as number[]).expanded.mul(tf.fill(x.shape, 1)),
    }),
  });
  tf.registerGradient({
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc: (upstream, [x], { axis }) => ({
      x: () => {
        const { expanded, count } = expand(upstream as tfjs.Tensor, x, axis as number[]);
        return expanded.div(count).mul(tf.fill(x.shape, 1));
      },
    }),
  });
  tf.registerGradient({
    kernelName: 'Tile',
    inputsToSave: ['x'],
    gradFunc: (upstream, [x], { reps }) => ({
      x: () => {
        const times = reps as number[];
        const blocks = (upstream as tfjs.Tensor).reshape(x.shape.flatMap((size, axis) => [times[axis], size]));
        return blocks.sum(x.shape.map((_, axis) => 2 * axis));
      },
    }),
  });
}
