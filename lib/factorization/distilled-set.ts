/** The contract that stored images, multi-formation images and HaBa share: a matching loss does not know which it has. */
import type { ImageSource } from '../data/image-source';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import type { tf } from '../tensor/tensorflow';

/** Which training images are asked for. Both are inputs of compiled steps. */
export type Choice = {
  /** int32 [batch]: index of the stored image or basis */
  items: tf.Tensor1D;
  /** int32 [batch]: hallucinator that each goes through; ignored by sets without hallucinators */
  hallucinators: tf.Tensor1D;
};

export interface DistilledSet {
  readonly kind: 'images' | 'haba';
  /** [height, width, channels] of the training images it yields */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
  /** Stored images or bases; class c holds items c * perClass to (c + 1) * perClass - 1. */
  readonly itemCount: number;
  readonly perClass: number;
  /** 1 for sets without hallucinators. */
  readonly hallucinatorCount: number;
  /** Training images per item and hallucinator: 1, or factor x factor with multi-formation. */
  readonly formations: number;
  /**
   * Parameters at the start: `bases` [items, height, width, channels] and, with hallucinators, the stacked
   * `hallucinators.*` ([hallucinators, ...] each).
   * @throws RangeError when a class has fewer images than the set stores
   */
  init(random: Random, source: ImageSource): Parameters;
  /**
   * Training images for a choice, differentiable in every parameter.
   * @returns [formations * batch, height, width, channels], formation by formation: row f * batch + i shows item i
   */
  images(parameters: Parameters, choice: Choice): tf.Tensor4D;
  /** Class of each training image of a choice, [formations * items.length], in the order of {@link DistilledSet.images}. */
  labels(items: ArrayLike<number>): Int32Array;
}
