/** Unpacking archives that nobody vouches for: only files and folders, nothing outside the folder, and no flood. */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { openPromise } from 'yauzl';
import { oneLine } from '../files/one-line';

/** More than any official archive holds. */
const largestBytes = 2 ** 31;
const mostEntries = 500_000;

/** Whether a file is unpacked, by its name: .tar, .tar.gz, .tgz or .zip. */
export function isArchive(file: string): boolean {
  return /\.(tar|tar\.gz|tgz|zip)$/i.test(file);
}

/** Bytes of a tar archive that belong to no entry: headers, long names, zeros at the end. All are kept in memory. */
const largestOverhead = 2 ** 24;

/** A file or folder of an archive; its content is read before the next is asked for. */
interface Entry {
  name: string;
  /** 'file', 'directory', or something that is refused. */
  type: string;
  bytes: number;
  content: () => AsyncIterable<Buffer> | Promise<Readable>;
}

/**
 * Unpacks a tar archive, compressed with gzip or not, or a zip archive into a folder that exists. Whatever fails leaves a
 * part behind: unpack into a folder of its own, and take that.
 * @throws Error naming the archive and what is wrong with it
 */
export async function unpack(archive: string, folder: string): Promise<void> {
  try {
    await writeEntries(/\.zip$/i.test(archive) ? zipEntries(archive) : tarEntries(archive), folder);
  } catch (error) {
    throw new Error(`${archive} cannot be unpacked: ${oneLine((error as Error).message)}.`, { cause: error });
  }
}

async function* tarEntries(archive: string): AsyncGenerator<Entry> {
  const entries = extract();
  const compressed = await beginsWith(archive, [0x1f, 0x8b]);
  let overhead = 0;
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      overhead += chunk.length;
      const reason = `it has more than ${largestOverhead} bytes between its files, more than any official archive`;
      done(overhead > largestOverhead ? new Error(reason) : null, chunk);
    },
  });
  const reading = pipeline([createReadStream(archive), ...(compressed ? [createGunzip()] : []), counting, entries]);
  // What breaks the reading also ends the entries; without a handler of its own it would count as unhandled meanwhile.
  reading.catch(() => undefined);
  for await (const entry of whole(entries, reading)) {
    const { name, type, size = 0 } = entry.header;
    // Digits that are none leave tar-stream waiting for ever.
    if (!Number.isSafeInteger(size) || size < 0) throw new Error(`its entry '${name}' has a size that is no number`);
    const isFile = type === 'file' || type === 'contiguous-file';
    // Asked for its chunks, an entry that broke before anyone listened says so; piped, it would never end.
    const content = async function* () {
      for await (const chunk of whole(entry as AsyncIterable<Buffer>, reading)) {
        overhead -= chunk.length;
        yield chunk;
      }
    };
    yield { name, type: isFile ? 'file' : (type ?? 'unknown'), bytes: size, content };
    entry.resume();
  }
  await reading;
}

/** The same items; where they end in an error, the error of the reading that caused it. */
async function* whole<Item>(items: AsyncIterable<Item>, reading: Promise<void>): AsyncGenerator<Item> {
  try {
    for await (const item of items) yield item;
  } catch (error) {
    await reading;
    throw error;
  }
}

async function* zipEntries(archive: string): AsyncGenerator<Entry> {
  const zip = await openPromise(archive);
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    yield {
      name,
      type: name.endsWith('/') ? 'directory' : 'file',
      bytes: entry.uncompressedSize,
      content: () => zip.openReadStreamPromise(entry),
    };
  }
}

async function writeEntries(entries: AsyncIterable<Entry>, folder: string): Promise<void> {
  let [count, total] = [0, 0];
  for await (const { name, type, bytes, content } of entries) {
    count += 1;
    total += bytes;
    if (count > mostEntries || total > largestBytes) {
      throw new Error(
        `it holds more than ${mostEntries} files or ${largestBytes} bytes, more than any official archive`,
      );
    }
    const target = placeInside(folder, name);
    if (type === 'directory') {
      mkdirSync(target, { recursive: true });
    } else if (type === 'file') {
      mkdirSync(path.dirname(target), { recursive: true });
      await pipeline(await content(), createWriteStream(target));
    } else {
      throw new Error(`its entry '${name}' is a ${type}; only files and folders are unpacked`);
    }
  }
}

/** @throws Error where an entry's name leads out of the folder */
function placeInside(folder: string, name: string): string {
  const target = path.resolve(folder, name);
  const inside = target === path.resolve(folder) || target.startsWith(path.resolve(folder) + path.sep);
  if (path.isAbsolute(name) || !inside || name.includes('\0')) {
    throw new Error(`its entry '${name}' lies outside the folder; nothing of it is used`);
  }
  return target;
}

async function beginsWith(file: string, magic: number[]): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.equals(Buffer.from(magic));
  } finally {
    await handle.close();
  }
}
