/** Values that gradients take for constants. */
import { tf } from './tensorflow';

/** The same values, through which no gradient passes. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return stopped(x) as T;
}

const stopped = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
  const x = given[0] as tf.Tensor;
  return { value: x.clone(), gradFunc: () => tf.zerosLike(x) };
});
