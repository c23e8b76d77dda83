/** The containers beside HaBa: FreD, DDiF and LinBa decode, and their gradients. */
import { decodeFields, pixelCoordinates } from '../../factorization/ddif';
import {
  cosineTransform,
  decodeFrequencies,
  frequencyPositions,
  frequencySlots,
  keepFrequencies,
  spreadFrequencies,
} from '../../factorization/fred';
import { combineBases } from '../../factorization/linba';
import { imagesFromPyTorch } from '../../tensor/layout';
import type { Parameters } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { required, type Comparison, type GoldenCase } from './golden-case';
import { pullBack } from './pull-back';

export function replayFred(golden: GoldenCase): Comparison[] {
  const [real, coefficients] = [golden.images('real'), golden.images('coefficients')];
  const [, height, width] = real.shape;
  const labels = golden.tensor<tf.Tensor1D>('labels');
  const mask = golden.tensor('mask');
  const kept = required(golden, 'kept');
  const ofClass = Array.from({ length: mask.shape[0] }, (_, label) => {
    const indices = Array.from(labels.dataSync().entries()).filter(([, own]) => own === label);
    const images = tf.gather(
      real,
      tf.tensor1d(
        indices.map(([index]) => index),
        'int32',
      ),
    );
    return frequencyPositions(images, kept);
  });
  const positions = tf.stack(ofClass) as tf.Tensor2D;
  const slotsOfClass = frequencySlots(positions, [height, width]);
  const slots = tf.gather(slotsOfClass, labels);
  const { value, gradients } = pullBack(
    (inputs) => decodeFrequencies(inputs.kept as tf.Tensor3D, slots),
    { kept: keepFrequencies(coefficients, tf.gather(positions, labels)) },
    golden.images('grad.image'),
  );
  return [
    { name: 'coefficients', ours: cosineTransform(real), theirs: coefficients },
    { name: 'mask', ours: slotsOfClass.greater(0).toFloat(), theirs: mask },
    { name: 'image', ours: value, theirs: golden.images('image') },
    {
      name: 'grad.coefficients',
      ours: spreadFrequencies(gradients.kept as tf.Tensor3D, slots),
      theirs: golden.images('grad.coefficients'),
    },
  ];
}

export function replayDdif(golden: GoldenCase): Comparison[] {
  const image = golden.images('image');
  const [, height, width] = image.shape;
  const { w0_initial: firstFrequency, w0: frequency } = golden.config;
  const { value, gradients } = pullBack(
    (parameters) => decodeFields(parameters, [height, width], { firstFrequency, frequency }),
    stackedFields(golden, 'param.'),
    golden.images('grad.image'),
  );
  const theirs = stackedFields(golden, 'grad.param.');
  return [
    { name: 'coordinates', ours: pixelCoordinates([height, width]), theirs: golden.tensor('coordinates') },
    { name: 'image', ours: value, theirs: image },
    ...Object.keys(theirs).map((name) => ({
      name: `grad.param.*.${name}`,
      ours: gradients[name],
      theirs: theirs[name],
    })),
  ];
}

/** A field's tensors, `<prefix><image>.net.<layer>.linear.weight` and the like, as ours: of all images, weights [in, out]. */
function stackedFields(golden: GoldenCase, prefix: string): Parameters {
  const first = `${prefix}0.`;
  const names = golden.names.filter((name) => name.startsWith(first)).map((name) => name.slice(first.length));
  const images = golden.names.filter((name) => name.startsWith(prefix) && name.endsWith(`.${names[0]}`)).length;
  return Object.fromEntries(
    names.map((name) => {
      const stored = Array.from({ length: images }, (_, image) => golden.tensor(`${prefix}${image}.${name}`));
      const ourName = name.replace('net.', 'layers.').replace('last_layer.', 'last.').replace('linear.', '');
      return [ourName, tf.stack(stored.map((tensor) => (name.endsWith('.weight') ? tensor.transpose() : tensor)))];
    }),
  );
}

export function replayLinba(golden: GoldenCase): Comparison[] {
  const image = golden.images('image');
  const [, height, width, channels] = image.shape;
  const bases = (name: string) => imagesFromPyTorch(golden.tensor(name).reshape([-1, channels, height / 2, width / 2]));
  const { value, gradients } = pullBack(
    (inputs) => combineBases(inputs.coefficients as tf.Tensor2D, inputs.bases as tf.Tensor4D),
    { coefficients: golden.tensor('coefficients'), bases: bases('bases') },
    golden.images('grad.image'),
  );
  return [
    { name: 'image', ours: value, theirs: image },
    { name: 'grad.coefficients', ours: gradients.coefficients, theirs: golden.tensor('grad.coefficients') },
    { name: 'grad.bases', ours: gradients.bases, theirs: bases('grad.bases') },
  ];
}
