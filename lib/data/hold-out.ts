/** The validation split: training images set aside, so that settings are chosen on images that are neither learnt nor tested. */
import type { Labels } from './dataset';
import { Random } from '../tensor/random';
import { indicesOfClass } from './subset-source';

export interface HoldOutOptions {
  /** Share of each class that is set aside. Default 0.1. */
  share?: number;
  /** Default 0. Not a run's seed: all runs, and the experts that they share, set the same images aside. */
  seed?: number;
}

export interface HoldOut {
  /** Indices of the training images that stay, ascending. */
  train: Int32Array;
  /** Indices of those set aside, ascending. */
  validation: Int32Array;
}

/** How many images of a class are set aside. */
export function setAside(images: number, { share = 0.1 }: Pick<HoldOutOptions, 'share'> = {}): number {
  return Math.min(Math.max(0, images - 1), Math.max(1, Math.round(share * images)));
}

/**
 * Sets a share of every class aside, at least one image of a class that has two.
 * @param labels of the training images, [count]
 */
export function holdOut(labels: Labels, classCount: number, { share = 0.1, seed = 0 }: HoldOutOptions = {}): HoldOut {
  const aside = new Uint8Array(labels.length);
  indicesOfClass(labels, classCount).forEach((indices, label) => {
    const count = setAside(indices.length, { share });
    for (const index of Random.stream(seed, 'validation', label).choice(indices, count)) aside[index] = 1;
  });
  const all = Int32Array.from(labels.keys());
  return { train: all.filter((index) => aside[index] === 0), validation: all.filter((index) => aside[index] === 1) };
}
