/** A file of JSON lines that only grows, and can be cut back to where a checkpoint was taken. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import type { z } from 'zod';
import { writing } from './file-error';
import { oneLine } from './one-line';

export interface JsonLines {
  /** Length of the file. */
  readonly bytes: number;
  append(value: unknown): void;
  /** Returns when everything appended lies on the disk. */
  flush(): void;
  close(): void;
}

/**
 * Opens a file for appending.
 * @param keepBytes what to keep of it; the rest was written after the checkpoint that a run goes on from
 * @throws Error when the file is shorter than that
 */
export function openJsonLines(file: string, keepBytes: number): JsonLines {
  const present = existsSync(file) ? statSync(file).size : 0;
  if (present < keepBytes) {
    throw new Error(`${file} has ${present} bytes, and its checkpoint was taken at ${keepBytes}: lines are missing.`);
  }
  const descriptor = writing(file, () => openSync(file, 'a'));
  ftruncateSync(descriptor, keepBytes);
  let bytes = keepBytes;
  return {
    get bytes() {
      return bytes;
    },
    append(value) {
      const line = `${JSON.stringify(value)}\n`;
      writing(file, () => appendFileSync(descriptor, line));
      bytes += Buffer.byteLength(line);
    },
    flush: () => writing(file, () => fsyncSync(descriptor)),
    close: () => closeSync(descriptor),
  };
}

/**
 * Values of a file of JSON lines; a last line without its end, cut by a kill, does not count.
 * @throws Error naming file and line of what is not JSON, or not of the schema
 */
export function readJsonLines<Value>(file: string, schema: z.ZodType<Value>): Value[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      const parsed = schema.safeParse(jsonOf(line));
      if (parsed.success) return parsed.data;
      const { path, message } = parsed.error.issues[0];
      throw new Error(`${file}, line ${index + 1} is damaged: ${oneLine([...path, message].join(': '))}.`);
    });
}

/** undefined, which no schema of a line takes, for what is not JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** Bytes up to the end of the last whole line. */
export function wholeLineBytes(file: string): number {
  return existsSync(file) ? readFileSync(file).lastIndexOf(10) + 1 : 0;
}
