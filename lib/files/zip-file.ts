/** Zip archives that hold numbers (`.npz`, PyTorch's `.pt`), read whole into memory. */
import { crc32 } from 'node:zlib';
import { openPromise } from 'yauzl';

/** More than any distilled set takes. */
const largestBytes = 2 ** 30;
const mostEntries = 100_000;

/**
 * The files of an archive, by name.
 * @throws Error saying what is wrong, without naming the archive
 */
export async function readZip(path: string): Promise<Map<string, Buffer>> {
  const zip = await openPromise(path);
  try {
    const files = new Map<string, Buffer>();
    let total = 0;
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      total += entry.uncompressedSize;
      if (files.size >= mostEntries || total > largestBytes) {
        throw new Error(
          `it holds more than ${mostEntries} files or ${largestBytes} bytes, more than any distilled set`,
        );
      }
      if (name.endsWith('/')) continue;
      if (files.has(name)) throw new Error(`it holds '${name}' twice`);
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      const content = Buffer.concat(chunks);
      if (crc32(content) !== entry.crc32)
        throw new Error(`the content of '${name}' does not fit its checksum: it was damaged`);
      files.set(name, content);
    }
    return files;
  } finally {
    zip.close();
  }
}
