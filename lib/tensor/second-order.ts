/**
 * Gradients of gradients, which second-order matching losses need and TensorFlow.js lacks or gets wrong. Registered once, for
 * every backend.
 *
 * Lacking: the gradients of the convolution's filter gradient and of average pooling's gradient. Both are linear in each
 * argument, so their gradients are convolutions and poolings again. And those of comparisons, which are zero: the
 * gradients of maximum, clipping and leaky ReLU compare.
 *
 * Wrong: the gradients of functions that save their output (exp, sigmoid, tanh, softmax). tfjs 4.22 records the
 * saved copy before the function itself, so that a second differentiation takes it for a constant. Here they compute the
 * output anew from the input.
 */
import type * as tfjs from '@tensorflow/tfjs';

type Padding = 'valid' | 'same' | number;

interface ConvolutionAttributes {
  strides: [number, number];
  pad: Padding;
  dataFormat: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

interface PoolingAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: Padding;
}

/**
 * Registers the gradients of `Conv2DBackpropFilter`, `AvgPoolGrad` and `MaxPoolGrad`.
 *
 * For y = Conv2D(x, w) with upstream dy, the filter gradient is g = F(x, dy), bilinear: given an upstream h of g,
 * d<h, g>/dx = Conv2DBackpropInput(dy, h) and d<h, g>/d(dy) = Conv2D(x, h).
 * Average pooling's gradient is linear in dy; its adjoint is the pooling itself. Maximum pooling's is linear in dy too: its
 * adjoint picks from each window the element that was largest.
 */
export function registerSecondOrderGradients(tf: typeof tfjs): void {
  tf.registerGradient({
    kernelName: 'Conv2DBackpropFilter',
    inputsToSave: ['x', 'dy'],
    gradFunc: (upstream, saved, attributes) => {
      const [images, outputGradient] = saved as [tfjs.Tensor4D, tfjs.Tensor4D];
      const filter = upstream as tfjs.Tensor4D;
      const { strides, pad, dataFormat, dimRoundingMode } = attributes as unknown as ConvolutionAttributes;
      return {
        x: () => {
          const inputs = { dy: outputGradient, filter };
          const given = { strides, pad, dataFormat, dimRoundingMode, inputShape: images.shape };
          return tf.engine().runKernel('Conv2DBackpropInput', inputs, given as unknown as tfjs.NamedAttrMap);
        },
        dy: () => tf.conv2d(images, filter, strides, pad, dataFormat, 1, dimRoundingMode),
      };
    },
  });
  tf.registerGradient({
    kernelName: 'AvgPoolGrad',
    inputsToSave: ['input'],
    gradFunc: (upstream, [input], attributes) => {
      const { filterSize, strides, pad } = attributes as unknown as PoolingAttributes;
      return {
        dy: () => tf.avgPool(upstream as tfjs.Tensor4D, filterSize, strides, pad),
        // The kernel reads only the input's shape.
        input: () => tf.zerosLike(input),
      };
    },
  });
  tf.registerGradient({
    kernelName: 'MaxPoolGrad',
    inputsToSave: ['input', 'output'],
    gradFunc: (upstream, [input, output], attributes) => {
      const { filterSize, strides, pad } = attributes as unknown as PoolingAttributes;
      const [[height, width], steps] = [filterSize, strides].map((sides) => [sides, sides].flat().slice(0, 2));
      if (height !== steps[0] || width !== steps[1] || pad !== 'valid') {
        throw new RangeError(
          `Second derivatives of maximum pooling need windows side by side: filter ${filterSize}, strides ${strides}, pad ${pad}.`,
        );
      }
      return {
        dy: () => {
          const inputs = { dy: tf.fill(output.shape, 1), input, output };
          const largest: tfjs.Tensor4D = tf.engine().runKernel('MaxPoolGrad', inputs, attributes);
          const picked = (upstream as tfjs.Tensor4D).mul<tfjs.Tensor4D>(largest);
          return tf.avgPool(picked, filterSize, strides, pad).mul(height * width);
        },
        input: () => tf.zerosLike(input),
        output: () => tf.zerosLike(output),
      };
    },
  });

  const flat = (kernelName: string, inputsToSave: string[]) =>
    tf.registerGradient({
      kernelName,
      inputsToSave,
      gradFunc: (_upstream, saved) =>
        Object.fromEntries(inputsToSave.map((input, place) => [input, () => tf.zeros(saved[place].shape)])),
    });
  for (const comparison of [
    'Equal',
    'NotEqual',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
    'LogicalAnd',
    'LogicalOr',
  ]) {
    flat(comparison, ['a', 'b']);
  }
  flat('LogicalNot', ['x']);

  const recomputing = (
    kernelName: string,
    input: string,
    gradient: (upstream: tfjs.Tensor, x: tfjs.Tensor) => tfjs.Tensor,
  ) =>
    tf.registerGradient({
      kernelName,
      inputsToSave: [input],
      gradFunc: (upstream, [x]) => ({ [input]: () => gradient(upstream as tfjs.Tensor, x) }),
    });
  recomputing('Exp', 'x', (upstream, x) => upstream.mul(x.exp()));
  recomputing('Sigmoid', 'x', (upstream, x) => {
    const value = x.sigmoid();
    return upstream.mul(value.mul(tf.sub(1, value)));
  });
  recomputing('Tanh', 'x', (upstream, x) => upstream.mul(tf.sub(1, x.tanh().square())));
  recomputing('Softmax', 'logits', (upstream, logits) => {
    const value = tf.softmax(logits);
    const weighted = upstream.mul(value);
    return weighted.sub(value.mul(weighted.sum(-1, true)));
  });
}
