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
  return tf.matMul(across, turned).reshape([batch, width, height, channels]).transpose([0, 2, 1, 3]) as tf.Tensor4D;
}

/** Weights [batch or 1, size, size]: how much of each source pixel (last) goes into each target pixel. */
function axisWeights(size: number, map: PlaceMap): tf.Tensor3D {
  const source = map(tf.range(0, size).reshape([1, size])).expandDims(2);
  const pixels = tf.range(0, size).reshape([1, 1, size]);
  return tf.sub(1, source.sub(pixels).abs()).relu();
}

/**
 * Rotates every image about its centre.
 * @param images [batch, height, width, channels]
 * @param theta radians, [batch] or [1]
 */
export function rotate(images: tf.Tensor4D, theta: tf.Tensor1D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  // PyTorch turns coordinates that run from -1 to 1 on both axes.
  const x = tf
    .range(0, width)
    .sub((width - 1) / 2)
    .div(width / 2)
    .reshape([1, 1, width]);
  const y = tf
    .range(0, height)
    .sub((height - 1) / 2)
    .div(height / 2)
    .reshape([1, height, 1]);
  const cosine = theta.cos().reshape([-1, 1, 1]);
  const sine = theta.sin().reshape([-1, 1, 1]);
  const columns = x
    .mul(cosine)
    .sub(y.mul(sine))
    .mul(width / 2)
    .add((width - 1) / 2);
  const rows = x
    .mul(sine)
    .add(y.mul(cosine))
    .mul(height / 2)
    .add((height - 1) / 2);
  const left = columns.floor();
  const top = rows.floor();

  const first = tf
    .range(0, batch, 1, 'int32')
    .mul(tf.scalar(height * width, 'int32'))
    .reshape([batch, 1, 1]);
  const indices: tf.Tensor[] = [];
  const weights: tf.Tensor[] = [];
  for (const row of [top, top.add(1)]) {
    for (const column of [left, left.add(1)]) {
      const inside = inRange(row, height).mul(inRange(column, width));
      weights.push(
        tf
          .sub(1, rows.sub(row).abs())
          .mul(tf.sub(1, columns.sub(column).abs()))
          .mul(inside),
      );
      const place = row
        .clipByValue(0, height - 1)
        .mul(width)
        .add(column.clipByValue(0, width - 1));
      indices.push(place.toInt().add(first));
    }
  }
  // One gather of all four neighbours: one scatter in its gradient.
  const neighbours = tf.gather(images.reshape([batch * height * width, channels]), tf.stack(indices).flatten());
  return neighbours.reshape([4, batch, height, width, channels]).mul(tf.stack(weights).expandDims(4)).sum(0);
}

/** 1 where a place is a pixel, else 0. */
function inRange(place: tf.Tensor, size: number): tf.Tensor {
  return place.greaterEqual(0).logicalAnd(place.less(size)).toFloat();
}
