/** Zip archives that hold numbers (`.npz`, PyTorch's `.pt`), read whole into memory. */
import { crc32 } from 'node:zlib';
import { fromBufferPromise, openPromise } from 'yauzl';

/** More than any distilled set takes. */
const largestBytes = 2 ** 30;
const mostEntries = 100_000;

/** Told of every file before it is read; throws where it is not to be. */
export type ZipBound = (name: string, bytes: number) => void;

/**
 * The files of an archive, by name.
 * @param archive its path, or its bytes
 * @param bound Default: no more files and bytes than a distilled set has
 * @throws Error saying what is wrong, without naming the archive
 */
export async function readZip(
  archive: string | Buffer,
  bound: ZipBound = ofDistilledSet(),
): Promise<Map<string, Buffer>> {
  const zip = await (typeof archive === 'string' ? openPromise(archive) : fromBufferPromise(archive));
  try {
    const files = new Map<string, Buffer>();
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      bound(name, entry.uncompressedSize);
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

function ofDistilledSet(): ZipBound {
  let [entries, total] = [0, 0];
  return (_name, bytes) => {
    entries += 1;
    total += bytes;
    if (entries > mostEntries || total > largestBytes) {
      throw new Error(`it holds more than ${mostEntries} files or ${largestBytes} bytes, more than any distilled set`);
    }
  };
}
