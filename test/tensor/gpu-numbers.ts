/** What a GPU and a CPU are compared by. As a program it writes its numbers to the file that it is given. */
import { createAugmentation } from '../../lib/data/dsa';
import { createNetwork } from '../../lib/networks/create-network';
import { trainingStep } from '../../lib/networks/training-step';
import { computingDevice, useBackend } from '../../lib/tensor/backend';
import { instanceNormalisation } from '../../lib/tensor/instance-normalisation';
import { addPrefix, mapParameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { writeTensors } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';

/** Products, convolutions, normalisation, augmentations and a compiled training step; the caller disposes of them. */
export function numbers(): Record<string, tf.Tensor> {
  return tf.tidy(() => {
    const random = Random.stream(11);
    const images = random.normal([6, 16, 16, 3]) as tf.Tensor4D;
    const filter = random.normal([3, 3, 3, 8]) as tf.Tensor4D;
    const [scale, shift] = [random.normal([3]), random.normal([3])];
    const convolved = (x: tf.Tensor, by: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, by as tf.Tensor4D, 2, 'same');
    const normalised = (x: tf.Tensor, ...affine: tf.Tensor[]) =>
      instanceNormalisation(x as tf.Tensor4D, affine[0], affine[1], { relu: true, pool: true });
    const [convolutionImages, convolutionFilter] = tf.grads(convolved)([images, filter]);
    const [normalisationInputs, normalisationScale] = tf.grads(normalised)([images, scale, shift]);
    const strategies = ['color', 'crop', 'cutout', 'flip', 'scale', 'rotate'].map((name): [string, tf.Tensor] => {
      const augmentation = createAugmentation(name);
      return [`augmentation ${name}`, augmentation.apply(images, augmentation.draw(random, 6))];
    });

    const network = createNetwork({ name: 'ConvNet', width: 16, depth: 3, imageShape: [16, 16, 3], classCount: 5 });
    const augmentation = createAugmentation('none');
    const step = trainingStep(network, { momentum: 0.9, weightDecay: 0, augmentation });
    const parameters = network.init(random);
    const trained = step({
      parameters,
      velocity: mapParameters(parameters, (tensor) => tf.zerosLike(tensor)),
      images,
      labels: tf.tensor1d([0, 1, 2, 3, 4, 0], 'int32'),
      draws: augmentation.draw(random, 6),
      learningRate: tf.scalar(0.1),
    });
    step.dispose();
    return {
      'matrix product': tf.matMul(images.reshape([96, 48]), images.reshape([48, 96])),
      convolution: convolved(images, filter),
      'convolution, gradient of images': convolutionImages,
      'convolution, gradient of filter': convolutionFilter,
      normalisation: normalised(images, scale, shift),
      'normalisation, gradient of images': normalisationInputs,
      'normalisation, gradient of scale': normalisationScale,
      ...Object.fromEntries(strategies),
      loss: trained.loss,
      ...addPrefix(trained.velocity, 'velocity '),
    };
  });
}

if (require.main === module) {
  void useBackend().then(() => {
    writeTensors(process.argv[2], numbers(), { device: computingDevice().device });
  });
}
