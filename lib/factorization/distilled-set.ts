/** The contract that all kinds of set share: a matching loss does not know which it has. */
import type { ImageSource } from '../data/image-source';
import { valueAndGradients, type ValueAndGradients } from '../tensor/gradient';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import type { tf } from '../tensor/tensorflow';
import type { TensorSpec } from './parameterisation';
import type { StartImages } from './stored-items';

/** Which training images are asked for. Both are inputs of compiled steps. */
export type Choice = {
  /** int32 [batch]: index of the item, e.g. the stored image or basis */
  items: tf.Tensor1D;
  /** int32 [batch]: view of each, which with HaBa is the hallucinator it goes through; ignored by sets of one view */
  hallucinators: tf.Tensor1D;
};

/** Work that a start takes after `init`, too long to be done in one go: it has progress, and goes on where it was stopped. */
export interface Preparation {
  /** As progress calls it, e.g. 'fitting fields'. */
  readonly name: string;
  readonly steps: number;
  /** Images that a step decodes and differentiates, by which its time is estimated. Default 0: it takes next to nothing. */
  readonly images?: number;
  /**
   * Begins the work, or goes on with it: what comes of it depends on nothing but what is given here.
   * @param random, source, start as of {@link Decoder.init}
   */
  begin(random: Random, source: ImageSource, start?: StartImages): PreparationWork;
}

export interface PreparationWork {
  /** Everything that there is between two steps, before the first; the caller owns it. */
  start(): Parameters;
  /**
   * Takes over the state it is given, and returns the next.
   * @param done steps done before
   */
  step(state: Parameters, done: number): Parameters;
  /** Tensors that take the place of those of `init`, after the last step; the caller owns them, and the state stays the caller's. */
  finish(state: Parameters): Parameters;
  dispose(): void;
}

/** How a set starts, and how it decodes: what a parameterisation answers. */
export interface Decoder {
  /** Different decodings of an item, e.g. hallucinators; constraints apply where there are two or more. Default 1. */
  readonly views?: number;
  /** Training images per item and view: factor x factor with multi-formation. Default 1. */
  readonly formations?: number;
  /**
   * All tensors at the start, fixed ones included; the caller owns them.
   * @param start images that items start from, where they start from images; default: real ones
   * @throws RangeError when a class has fewer images than the set stores
   */
  init(random: Random, source: ImageSource, start?: StartImages): Parameters;
  /** What is still to be done with what `init` makes, which can be used as it is, but is not how the set is meant to start. Default: nothing. */
  readonly preparation?: Preparation;
  /**
   * Training images for a choice, differentiable in every tensor that learns.
   * @returns [formations * batch, height, width, channels], formation by formation: row f * batch + i shows item i
   */
  images(parameters: Parameters, choice: Choice): tf.Tensor4D;
  /**
   * Views that a batch of items is seen in, one each, 0 to views - 1. Default: every view as often as any other, in random order.
   * @param items those of the batch, or of the batches of one pass over the set; all random numbers come from `random`
   */
  draw?(random: Random, items: Int32Array): Int32Array;
  /** What `images` does in two stages, for wrappers that act between them. Default: they act on images. */
  readonly stages?: {
    /** What is stored, as images of 1 or more channels, [formations * batch, height, width, channels]. */
    stored: (parameters: Parameters, items: tf.Tensor1D) => tf.Tensor4D;
    /** What views make of it. @param hallucinators int32, view of each image of `stored` */
    decoded: (parameters: Parameters, stored: tf.Tensor4D, hallucinators: tf.Tensor1D) => tf.Tensor4D;
  };
}

/** A distilled set as a matching loss sees it, whatever its kind: its sizes, its tensors, and how it starts and decodes. */
export interface DistilledSet extends Decoder {
  readonly kind: string;
  /** [height, width, channels] of the training images it yields */
  readonly imageShape: readonly [number, number, number];
  readonly classCount: number;
  /** Class c holds items c * perClass to (c + 1) * perClass - 1. */
  readonly itemCount: number;
  readonly perClass: number;
  readonly views: number;
  readonly formations: number;
  draw(random: Random, items: Int32Array): Int32Array;
  /** What it stores, by name. */
  readonly tensors: Readonly<Record<string, TensorSpec>>;
  /** Class of each training image of a choice, [formations * items.length], in the order of {@link Decoder.images}. */
  labels(items: ArrayLike<number>): Int32Array;
  /**
   * Probabilities that each training image of a choice is labelled with, where they are learned with the set: [formations * batch,
   * classes] in the order of {@link Decoder.images}, differentiable. Default: images are of their classes, {@link labels}.
   */
  targets?(parameters: Parameters, items: tf.Tensor1D): tf.Tensor2D;
}

/** The tensors that learn: all but those that a set holds fixed. */
export function learnedOf({ tensors }: Pick<DistilledSet, 'tensors'>, parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => tensors[name].part !== undefined));
}

/** Tensors of a set, and of whatever else a loss depends on. */
export type WithSet = { set: Parameters } & Record<string, Parameters>;

/**
 * {@link valueAndGradients} in the tensors of `set` that learn, and in all others; what the set holds fixed is given to the loss as
 * it is.
 */
export function learnedGradients<Tree extends WithSet>(
  set: Pick<DistilledSet, 'tensors'>,
  loss: (parameters: Tree) => tf.Scalar,
  parameters: Tree,
): ValueAndGradients<Tree> {
  const learned: Tree = { ...parameters, set: learnedOf(set, parameters.set) };
  return valueAndGradients<Tree>(
    (current) => loss({ ...current, set: { ...parameters.set, ...current.set } }),
    learned,
  );
}
