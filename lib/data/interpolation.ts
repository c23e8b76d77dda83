/** Bilinear resampling with zeros outside the image, as PyTorch's grid_sample, differentiable to any order. */
import { tf } from '../tensor/tensorflow';

/** Source places of one axis, [batch or 1, size], from target places [1, size], in pixels. */
export type PlaceMap = (target: tf.Tensor) => tf.Tensor;

/**
 * Resamples rows and columns apart, which covers shifts and scalings: each axis is one matrix of interpolation weights.
 * @param images [batch, height, width, channels]
 */
export function interpolateAxes(images: tf.Tensor4D, rows: PlaceMap, columns: PlaceMap): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const down = axisWeights(height, rows);
  const across = axisWeights(width, columns);
  const tall = tf.matMul(down, images.reshape([batch, height, width * channels]));
  const turned = tall
    .reshape([batch, height, width, channels])
    .transpose([0, 2, 1, 3])
    .reshape([batch, width, height * channels]);
  return tf.matMul(across, turned).reshape([batch, width, height, channels]).transpose([0, 2, 1, 3]);
}

/** Weights [batch or 1, size, size]: how much of each source pixel (last) goes into each target pixel. */
function axisWeights(size: number, map: PlaceMap): tf.Tensor3D {
  const source = map(tf.range(0, size).reshape([1, size])).expandDims(2);
  const pixels = tf.range(0, size).reshape([1, 1, size]);
  return tf.sub(1, source.sub(pixels).abs()).relu();
}

/**
 * Rotates every image about its centre: target (x, y), running from -1 to 1 over the image, shows source
 * (cos(theta) x - sin(theta) y, sin(theta) x + cos(theta) y).
 * @param images [batch, height, width, channels]
 * @param theta radians, [batch] or [1]
 */
export function rotate(images: tf.Tensor4D, theta: tf.Tensor1D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const x = tf.linspace(-1, 1, width).reshape([1, 1, width]);
  const y = tf.linspace(-1, 1, height).reshape([1, height, 1]);
  const cosine = theta.cos().reshape([-1, 1, 1]);
  const sine = theta.sin().reshape([-1, 1, 1]);
  const columns = pixelPlaces(x.mul(cosine).sub(y.mul(sine)), width);
  const rows = pixelPlaces(x.mul(sine).add(y.mul(cosine)), height);

  // Two border pixels of zeros: a place beyond them falls on four zeros, whatever its weights.
  const [left, top] = [columns.floor().clipByValue(-2, width), rows.floor().clipByValue(-2, height)];
  const position = top
    .add(2)
    .mul(width + 3)
    .add(left.add(2))
    .toInt();
  const imageStart = tf.range(0, batch, 1, 'int32').mul(tf.scalar((height + 3) * (width + 3), 'int32'));
  const indices = position.add(imageStart.reshape([batch, 1, 1])).flatten();

  const right = columns.sub(left);
  const below = rows.sub(top);
  const [rest, above] = [tf.sub(1, right), tf.sub(1, below)];
  const weights = tf.stack([above.mul(rest), above.mul(right), below.mul(rest), below.mul(right)], -1);

  // Small rows are what makes a gather slow: each row holds the four neighbours, and constant matrices spread the
  // weights over channels and add the four up.
  const neighbours = tf.gather(neighbourhoods(images), indices);
  const spread = tf.tile(tf.eye(4).expandDims(2), [1, 1, channels]).reshape<tf.Tensor2D>([4, 4 * channels]);
  const gather = tf.tile(tf.eye(channels), [4, 1]);
  const spreadWeights = tf.matMul(weights.reshape<tf.Tensor2D>([-1, 4]), spread);
  const perImage = neighbours.reshape([batch, height * width, 4 * channels]);
  const weighted = perImage.mul(spreadWeights.reshape([-1, height * width, 4 * channels]));
  return tf.matMul(weighted.reshape<tf.Tensor2D>([-1, 4 * channels]), gather).reshape(images.shape);
}

/** From -1 to 1 to pixels, first and last pixel at the ends (PyTorch's align_corners). */
function pixelPlaces(places: tf.Tensor, size: number): tf.Tensor {
  return places.add(1).mul((size - 1) / 2);
}

/** Each 2x2 neighbourhood of the images in two pixels of zeros, [batch * (height + 3) * (width + 3), 4 * channels]. */
function neighbourhoods(images: tf.Tensor4D): tf.Tensor2D {
  const [batch, height, width, channels] = images.shape;
  const padded = tf.pad(images, [
    [0, 0],
    [2, 2],
    [2, 2],
    [0, 0],
  ]);
  const corner = (row: number, column: number) =>
    tf.slice(padded, [0, row, column, 0], [batch, height + 3, width + 3, channels]);
  return tf.concat([corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)], 3).reshape([-1, 4 * channels]);
}
