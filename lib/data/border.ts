/** A border of zeros, as MNIST's images get. */

export interface BorderOptions {
  /** Of the images given; neither is more than `side`. */
  height: number;
  width: number;
  /** Of the images made. */
  side: number;
}

/** Images [count, height, width, 1] in the middle of zeros, [count, side, side, 1]. */
export function withBorder(values: Uint8Array, { height, width, side }: BorderOptions): Uint8Array {
  const count = values.length / (height * width);
  const images = new Uint8Array(count * side * side);
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)];
  for (let row = 0; row < count * height; row++) {
    const target = (Math.floor(row / height) * side + top + (row % height)) * side + left;
    images.set(values.subarray(row * width, (row + 1) * width), target);
  }
  return images;
}
