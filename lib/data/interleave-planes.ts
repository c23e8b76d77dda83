/** From planes of colour, as CIFAR stores an image, to pixels. */

/** Red, green and blue planes of `plane` values to [height, width, channels]. */
export function interleavePlanes(
  planes: Uint8Array,
  from: number,
  pixels: Uint8Array,
  to: number,
  plane: number,
): void {
  for (let pixel = 0; pixel < plane; pixel++) {
    pixels[to + 3 * pixel] = planes[from + pixel];
    pixels[to + 3 * pixel + 1] = planes[from + plane + pixel];
    pixels[to + 3 * pixel + 2] = planes[from + 2 * plane + pixel];
  }
}
