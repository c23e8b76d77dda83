/**
 * A file of JSON lines that only grows, and can be cut back to where a checkpoint was taken. Each line ends with a seal, a hash
 * over its content, the line before it and the identity of whose file it is: a flipped bit, a line that is missing and a file that
 * was put in another's place are noticed.
 */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { z } from 'zod';
import { hashOf } from './canonical-json';
import { writing } from './file-error';
import { readText } from './open-file';
import { parseOrExplain } from './parse-or-explain';
import { writeWhole } from './whole-file';
import { askGuards } from './write-guard';

export interface JsonLines {
  /** Length of the file. */
  readonly bytes: number;
  append(value: object): void;
  /** Returns when everything appended lies on the disk. */
  flush(): void;
  close(): void;
}

export interface JsonLinesOptions {
  /** Whose file it is. */
  identity: string;
  /** A sentence added to what is thrown: what to do. */
  advice?: string;
}

export interface OpenJsonLinesOptions extends JsonLinesOptions {
  /** What to keep of the file; the rest was written after the checkpoint that a run goes on from. Default: every whole line. */
  keepBytes?: number;
}

/**
 * Opens a file for appending.
 * @throws Error when what is to be kept is missing, damaged or another's
 */
export function openJsonLines(file: string, { keepBytes, ...options }: OpenJsonLinesOptions): JsonLines {
  const present = existsSync(file) ? Buffer.from(readText(file)) : Buffer.alloc(0);
  let bytes = keepBytes ?? present.lastIndexOf(10) + 1;
  // The first line tells whose file it is, which goes before how long it is.
  openSeals(file, present.toString('utf8', 0, Math.min(bytes, present.indexOf(10) + 1)), options);
  if (present.length < bytes) {
    throw refusal(
      file,
      options,
    )(`it has ${present.length} bytes, and its checkpoint was taken at ${bytes}: lines are missing`);
  }
  if (bytes > 0 && present[bytes - 1] !== 10) {
    throw refusal(file, options)(`its checkpoint was taken at byte ${bytes}, where no line ends`);
  }
  let { seal } = openSeals(file, present.toString('utf8', 0, bytes), options);
  const descriptor = writing(file, () => {
    // A new file, rather than the old one cut back: a process that was suspended and replaced may still have that one open.
    writeWhole(file, present.subarray(0, bytes));
    return openSync(file, 'a');
  });
  return {
    get bytes() {
      return bytes;
    },
    append(value) {
      const { line, seal: next } = sealedLine(options.identity, seal, value);
      askGuards(file);
      writing(file, () => appendFileSync(descriptor, line));
      bytes += Buffer.byteLength(line);
      seal = next;
    },
    flush: () => writing(file, () => fsyncSync(descriptor)),
    close: () => closeSync(descriptor),
  };
}

/**
 * Values of a file of JSON lines; a last line without its end, cut by a kill, does not count.
 * @returns none where there is no file
 * @throws Error naming file and line of what is damaged, another's, or not of the schema
 */
export function readJsonLines<Value>(
  file: string,
  schema: z.ZodType<Value, z.ZodTypeDef, unknown>,
  options: JsonLinesOptions,
): Value[] {
  if (!existsSync(file)) return [];
  const text = readText(file);
  const { values } = openSeals(file, text.slice(0, text.lastIndexOf('\n') + 1), options);
  return values.map((value, index) => parseOrExplain(schema, value, refusal(file, options, index)));
}

const lineSchema = z.object({ seal: z.string() }).passthrough();

/** One line, behind one with the seal `before`, '' for the first. */
export function sealedLine(identity: string, before: string, value: object): { line: string; seal: string } {
  const seal = sealOf(identity, before, value);
  return { line: `${JSON.stringify({ ...value, seal })}\n`, seal };
}

/** Checks every line of a text that ends with a whole one. */
function openSeals(file: string, text: string, options: JsonLinesOptions): { values: object[]; seal: string } {
  let last = '';
  const values = text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      const refuse = refusal(file, options, index);
      const { seal, ...value } = parseOrExplain(lineSchema, jsonOf(line), refuse);
      last = sealOf(options.identity, last, value);
      if (seal !== last) throw refuse("it does not fit its seal, so it was changed, or it is another run's");
      return value;
    });
  return { values, seal: last };
}

function sealOf(identity: string, before: string, value: object): string {
  return hashOf([identity, before, value], 12);
}

function refusal(file: string, { advice }: JsonLinesOptions, index?: number) {
  const place = index === undefined ? '' : `, line ${index + 1},`;
  return (reason: string) => new Error([`${file}${place} is damaged: ${reason}.`, advice].filter(Boolean).join(' '));
}

/** undefined, which no schema of a line takes, for what is not JSON. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
