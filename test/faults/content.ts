/** What lies in a folder, for comparison. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readSafetensors } from '../../lib/files/safetensors';

/** Bytes of each file, by its path in the folder. */
export type Content = Map<string, Buffer>;

/** Reads a folder; times, and what is told of the session, are left out of files that hold them. */
export function contentOf(folder: string): Content {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), timeless(file)]),
  );
}

function timeless(file: string): Buffer {
  const text = () => readFileSync(file, 'utf8');
  switch (path.basename(file)) {
    case 'environment.json':
      return Buffer.alloc(0);
    // Seals cover the seconds.
    case 'metrics.jsonl':
    case 'students.jsonl':
      return Buffer.from(text().replaceAll(/"(seconds|seal)":[^,}]+/g, ''));
    case 'result.json':
      return Buffer.from(text().replaceAll(/"(seconds|peakBytes|sha256)":[^,}]+/g, ''));
    // The first tells how long metrics are, the second how long it took.
    case 'checkpoint.safetensors':
    case 'state.safetensors':
      return Buffer.concat(
        Object.entries(readSafetensors(file).tensors).flatMap(([name, { values }]) => [
          Buffer.from(name),
          Buffer.from(values.buffer, values.byteOffset, values.byteLength),
        ]),
      );
    default:
      return readFileSync(file);
  }
}

/** @returns bytes missing or different, bytes of files that are not expected, and the names of both */
export function differences(expected: Content, found: Content): { lost: number; extra: number; names: string[] } {
  const names: string[] = [];
  let [lost, extra] = [0, 0];
  for (const [name, bytes] of expected) {
    const other = found.get(name) ?? Buffer.alloc(0);
    if (found.has(name) && bytes.equals(other)) continue;
    names.push(name);
    lost += Math.max(1, bytes.filter((byte, place) => byte !== other[place]).length);
  }
  for (const [name, bytes] of found) {
    if (expected.has(name)) continue;
    names.push(name);
    extra += bytes.length;
  }
  return { lost, extra, names };
}
