/** PNG and JPEG to pixels of one size, several at a time. */
import sharp from 'sharp';
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
export async function decodeImages(
  count: number,
  encoded: (index: number) => EncodedImage,
  { imageShape }: DecodeOptions,
): Promise<Uint8Array> {
  const size = imageShape[0] * imageShape[1] * imageShape[2];
  const images = new Uint8Array(count * size);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      try {
        images.set(await decodeImage(encoded(index), imageShape), index * size);
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
  const [height, width, channels] = imageShape;
  try {
    if (!isPngOrJpeg(bytes)) throw new Error('unsupported image format, expected PNG or JPEG');
    return await sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error' })
      .flatten({ background: 'black' })
      .resize(width, height, { fit: 'fill' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer();
  } catch (error) {
    throw new Error(`${name} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
  }
}

/** By what it begins with: libvips would also draw SVG, and much else, under any name. */
function isPngOrJpeg(bytes: Buffer): boolean {
  return (
    bytes.subarray(1, 4).toString('latin1') === 'PNG' || bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))
  );
}
