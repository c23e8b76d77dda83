/** A dataset made ready for networks: normalised or whitened batches, on demand. */
import type { tf } from '../tensor/tensorflow';
import type { Labels } from './dataset';

/** How pixel values become network inputs: per-channel normalisation, or ZCA of pixels from 0 to 1 (as the authors). */
export const whitenings = ['normalise', 'zca'] as const;
export type Whitening = (typeof whitenings)[number];

/** One split as a source of network inputs. */
export interface ImageSource {
  /** [height, width, channels] */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
  readonly count: number;
  /** [count] */
  readonly labels: Labels;
  /** Indices of the images of each class, in stored order. */
  readonly indicesOfClass: readonly Int32Array[];
  /** Network inputs of the given images, [indices.length, height, width, channels] float32; the caller disposes of it. */
  batch(indices: ArrayLike<number>): tf.Tensor4D;
}

/** The splits of a dataset under one whitening, fitted on the training split. */
export interface PreparedDataset {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly whitening: Whitening;
  readonly checksum: string;
  /** Whether `train` lacks the validation images. */
  readonly holdOut: boolean;
  readonly train: ImageSource;
  /** A tenth of the training images, to choose settings on; without `holdOut`, they are among those of `train`, too. */
  readonly validation: ImageSource;
  readonly test: ImageSource;
  /** Network inputs back to pixels from 0 to 255 (clipped), [count, height, width, channels]. */
  toPixels(images: tf.Tensor4D): Uint8Array;
  /** Pixels from 0 to 1 to network inputs, as those of the dataset; both [count, height, width, channels]; the caller disposes of it. */
  fromPixels(images: tf.Tensor4D): tf.Tensor4D;
  /**
   * Statistics that invert the whitening elsewhere; the caller disposes of them. `mean`, `deviation` [channels]:
   * pixels / 255 = inputs * deviation + mean. With ZCA (mean 0, deviation 1) also `zca.mean` [pixels] and
   * `zca.inverse` [pixels, pixels]: pixels / 255 = inputs zca.inverse + zca.mean, flattened [height, width, channels].
   */
  statistics(): Record<string, tf.Tensor>;
  dispose(): void;
}
