/** WebAssembly as the backend of last resort: what it lacks for training is written in terms of what it has. */
import { tf } from './tensorflow';

/** Loads and selects the WASM backend; it needs no addon and no TensorFlow library. */
export async function enableWebAssembly(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  for (const [kernelName, compute] of Object.entries(missingKernels)) {
    if (tf.getKernel(kernelName, 'wasm') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as Inputs, attrs as unknown as ConvolutionAttributes & SegmentAttributes)),
    });
  }
  await tf.setBackend('wasm');
  await tf.ready();
}

type Inputs = Record<string, tf.Tensor>;

interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  /** [kernel height, kernel width, input channels, output channels] */
  filterShape: [number, number, number, number];
}

interface SegmentAttributes {
  numSegments: number;
}

const missingKernels = {
  /**
   * The gradient of a convolution's filter is a convolution too: the padded images, with channels for a batch and the batch
   * for channels, under the output's gradient as one large filter, dilated by the strides.
   */
  Conv2DBackpropFilter: ({ x, dy }: Inputs, attributes: ConvolutionAttributes) => {
    const { strides, pad, dimRoundingMode, filterShape } = attributes;
    const [height, width, channels, outputs] = filterShape;
    const { padInfo, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      filterShape,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const padded = x.pad([
      [0, 0],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
      [0, 0],
    ]);
    const images = padded.transpose<tf.Tensor4D>([3, 1, 2, 0]);
    const filter = dy.transpose<tf.Tensor4D>([1, 2, 0, 3]);
    // Rows and columns that no output reads make the result larger than the filter.
    return tf
      .conv2d(images, filter, 1, 'valid', 'NHWC', [strideHeight, strideWidth])
      .slice([0, 0, 0, 0], [channels, height, width, outputs])
      .transpose([1, 2, 0, 3]);
  },

  /** The gradient of gathering. */
  UnsortedSegmentSum: ({ x, segmentIds }: Inputs, { numSegments }: SegmentAttributes) =>
    tf.scatterND(segmentIds.expandDims(1), x, [numSegments, ...x.shape.slice(1)]),
};
