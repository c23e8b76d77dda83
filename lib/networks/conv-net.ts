/** ConvNet: the network that dataset distillation is measured on. */
import type { Parameters } from '../tensor/parameters';
import { instanceNormalisation } from '../tensor/instance-normalisation';
import { tf } from '../tensor/tensorflow';
import { initialBias, initialWeight } from './initialisation';
import type { Network, NetworkInputs } from './network';

export interface ConvNetOptions extends NetworkInputs {
  /** Channels of each block. Default 128, the authors'. */
  width?: number;
  /** Blocks; each halves the image where there is pooling. Default 3. */
  depth?: number;
  /** Default 'instance'. */
  normalisation?: 'instance' | 'none';
  /** 2x2 pooling after each block. Default 'average'. */
  pooling?: 'average' | 'max' | 'none';
  /** Default 'relu'. */
  activation?: 'relu' | 'leaky-relu' | 'sigmoid';
}

const activations = {
  relu: (x: tf.Tensor4D) => x.relu(),
  'leaky-relu': (x: tf.Tensor4D) => x.leakyRelu(0.01),
  sigmoid: (x: tf.Tensor4D) => x.sigmoid(),
};

const poolings = {
  average: (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'),
  max: (x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid'),
  none: (x: tf.Tensor4D) => x,
};

/**
 * Blocks of 3x3 convolution, instance normalisation, activation and pooling, then a linear classifier.
 * @see Gidaris and Komodakis, Dynamic Few-Shot Visual Learning without Forgetting, CVPR 2018; `ConvNet` in the authors' code
 */
export function convNet(options: ConvNetOptions): Network {
  const { imageShape, classCount, width = 128, depth = 3 } = options;
  const { normalisation = 'instance', pooling = 'average', activation = 'relu' } = options;
  const [height, columns, channels] = imageShape;
  const halvings = pooling === 'none' ? 0 : depth;
  const mapShape = [height >> halvings, columns >> halvings, width];
  if (mapShape[0] < 1 || mapShape[1] < 1) {
    throw new RangeError(
      `ConvNet: ${depth} poolings leave nothing of images of ${height}x${columns}; use a smaller depth.`,
    );
  }
  // PyTorch numbers the layers of a block one after the other: convolution, normalisation, activation, pooling.
  const stride = 2 + (normalisation === 'none' ? 0 : 1) + (pooling === 'none' ? 0 : 1);

  // The normalisation then goes on to the ReLU and the pooling in the same operation.
  const fused = normalisation === 'instance' && activation === 'relu' && pooling === 'average';

  const features = (parameters: Parameters, images: tf.Tensor4D): tf.Tensor2D => {
    let x: tf.Tensor4D = images;
    for (let block = 0; block < depth; block++) {
      const layer = block * stride;
      const named = (name: string) => parameters[`features.${name}`];
      const convolved = tf.conv2d(x, named(`${layer}.weight`) as tf.Tensor4D, 1, 'same');
      if (normalisation === 'instance') {
        // The convolution's bias is left out: the normalisation would take it away again.
        const [scale, shift] = [named(`${layer + 1}.weight`), named(`${layer + 1}.bias`)];
        x = instanceNormalisation(convolved, scale, shift, { relu: fused, pool: fused });
      } else {
        x = convolved.add(named(`${layer}.bias`));
      }
      if (!fused) x = poolings[pooling](activations[activation](x) as tf.Tensor4D);
    }
    return x.reshape([x.shape[0], -1]);
  };
  const classify = (parameters: Parameters, x: tf.Tensor2D): tf.Tensor2D =>
    x.matMul(parameters['classifier.weight'].reshape([-1, classCount])).add(parameters['classifier.bias']);
  return {
    name: 'ConvNet',
    init(random) {
      const parameters: Parameters = {};
      for (let block = 0; block < depth; block++) {
        const layer = block * stride;
        const shape = [3, 3, block === 0 ? channels : width, width];
        parameters[`features.${layer}.weight`] = initialWeight(random, shape);
        parameters[`features.${layer}.bias`] = initialBias(random, shape);
        if (normalisation === 'instance') {
          parameters[`features.${layer + 1}.weight`] = tf.ones([width]);
          parameters[`features.${layer + 1}.bias`] = tf.zeros([width]);
        }
      }
      const classifier = [...mapShape, classCount];
      parameters['classifier.weight'] = initialWeight(random, classifier);
      parameters['classifier.bias'] = initialBias(random, classifier);
      return parameters;
    },
    features,
    classify,
    apply: (parameters, images) => classify(parameters, features(parameters, images)),
  };
}
