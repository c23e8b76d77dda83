/** Unpacking archives that nobody vouches for: only files and folders, nothing outside the folder, and no flood. */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/** More than any official archive holds. */
const largestBytes = 2 ** 31;
const mostEntries = 500_000;

/** Whether a file is unpacked, by its name: .tar, .tar.gz or .tgz. */
export function isArchive(file: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/i.test(file);
}

/**
 * Unpacks a tar archive, compressed with gzip or not, into a folder that exists. Whatever fails leaves a part behind:
 * unpack into a folder of its own, and take that.
 * @throws Error naming the archive and what is wrong with it
 */
export async function unpack(archive: string, folder: string): Promise<void> {
  try {
    const compressed = await beginsWith(archive, [0x1f, 0x8b]);
    const stages = compressed ? [createReadStream(archive), createGunzip()] : [createReadStream(archive)];
    const entries = extract();
    await Promise.all([pipeline([...stages, entries]), writeEntries(entries, folder)]);
  } catch (error) {
    throw new Error(`${archive} cannot be unpacked: ${(error as Error).message}.`, { cause: error });
  }
}

async function writeEntries(entries: ReturnType<typeof extract>, folder: string): Promise<void> {
  let [count, bytes] = [0, 0];
  for await (const entry of entries) {
    const { name, type, size = 0 } = entry.header;
    count += 1;
    bytes += size;
    if (count > mostEntries || bytes > largestBytes) {
      throw new Error(
        `it holds more than ${mostEntries} files or ${largestBytes} bytes, more than any official archive`,
      );
    }
    const target = placeInside(folder, name);
    if (type === 'directory') {
      mkdirSync(target, { recursive: true });
      entry.resume();
    } else if (type === 'file' || type === 'contiguous-file') {
      mkdirSync(path.dirname(target), { recursive: true });
      await pipeline(entry as unknown as Readable, createWriteStream(target));
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
