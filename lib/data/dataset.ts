/** What a dataset is, whichever format it came from. */

/** Images of one split, as stored: 8 bits a value, kept once. */
export interface ImageSplit {
  /** [count, height, width, channels], 0 to 255 */
  readonly images: Uint8Array;
  /** [count], 0 to classes - 1 */
  readonly labels: Uint8Array;
  readonly count: number;
}

export interface Dataset {
  /** As written in a configuration, e.g. 'cifar10'. */
  readonly name: string;
  /** [height, width, channels] */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly train: ImageSplit;
  readonly test: ImageSplit;
  /** Mean and standard deviation of each channel of the training images, in units of 0 to 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** SHA-256 over the images and labels of both splits, hexadecimal: what a distilled set was made from. */
  readonly checksum: string;
}
