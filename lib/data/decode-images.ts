/** PNG and JPEG to pixels of one size, several at a time. */
import sharp, { type Sharp } from 'sharp';
import { oneLine } from '../files/one-line';

/** Images decoded at a time; sharp has threads of its own. */
const atOnce = 16;

/** An image of more pixels is refused: decoding it would take more memory than it is worth. */
const mostPixels = 50_000_000;

export interface EncodedImage {
  /** Said where it cannot be read. */
  name: string;
  bytes: Buffer;
}

export interface DecodeOptions {
  /** [height, width, channels] of what comes out; 3 channels are RGB, 1 is grey. */
  imageShape: readonly [number, number, number];
}

/**
 * @param encoded the image of that index, asked for when it is its turn
 * @returns [count, height, width, channels], 0 to 255: resized; grey becomes RGB, what is transparent becomes black
 * @throws Error naming the first image that cannot be decoded
 */
export function decodeImages(
  count: number,
  encoded: (index: number) => EncodedImage,
  { imageShape }: DecodeOptions,
): Promise<Uint8Array> {
  return inTurn(count, imageShape, (index) => decodeImage(encoded(index), imageShape));
}

/**
 * @param pixels [count, height, width, channels], 0 to 255 @param from their [height, width, channels], of 1 or 3 channels
 * @returns [count, ...imageShape]; the same where the shape is
 */
export async function resizePixels(
  pixels: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  imageShape: DecodeOptions['imageShape'],
): Promise<Uint8Array> {
  if (imageShape[0] === height && imageShape[1] === width && imageShape[2] === channels) return pixels;
  const size = height * width * channels;
  const raw = { width, height, channels: channels === 1 ? 1 : 3 } as const;
  return inTurn(pixels.length / size, imageShape, (index) =>
    toShape(sharp(pixels.subarray(index * size, (index + 1) * size), { raw }), imageShape),
  );
}

async function inTurn(
  count: number,
  imageShape: DecodeOptions['imageShape'],
  pixelsOf: (index: number) => Promise<Buffer>,
): Promise<Uint8Array> {
  const size = imageShape[0] * imageShape[1] * imageShape[2];
  const images = new Uint8Array(count * size);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      try {
        images.set(await pixelsOf(index), index * size);
      } catch (error) {
        // Nothing more is begun.
        next = count;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const failed = workers.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return images;
}

async function decodeImage({ name, bytes }: EncodedImage, imageShape: DecodeOptions['imageShape']): Promise<Buffer> {
  try {
    if (!isPngOrJpeg(bytes)) throw new Error('unsupported image format, expected PNG or JPEG');
    return await toShape(
      sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error' }).flatten({ background: 'black' }),
      imageShape,
    );
  } catch (error) {
    throw new Error(`${name} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
  }
}

function toShape(image: Sharp, [height, width, channels]: DecodeOptions['imageShape']): Promise<Buffer> {
  return image
    .resize(width, height, { fit: 'fill' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
}

/** By what it begins with: libvips would also draw SVG, and much else, under any name. */
function isPngOrJpeg(bytes: Buffer): boolean {
  return (
    bytes.subarray(1, 4).toString('latin1') === 'PNG' || bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
  );
}
