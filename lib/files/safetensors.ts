/**
 * safetensors: named tensors and a text record in one file, readable by PyTorch, and unable to execute anything. npm has no
 * kept library for it (looked for in November 2026), and the format is a JSON header before raw numbers. Files written here
 * carry a checksum over header and numbers, since a flipped bit in a number is a number, too.
 * @see https://github.com/huggingface/safetensors, section Format
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { z } from 'zod';
import { canonicalJson } from './canonical-json';
import { oneLine } from './one-line';
import { openFile } from './open-file';
import { writeWhole } from './whole-file';
import { parseOrExplain } from './parse-or-explain';

export type StoredType = 'F32' | 'F64' | 'F16' | 'I64' | 'I32' | 'U16' | 'U8' | 'BOOL';
/** Of F16 the 16 bits of each number, as of U16. */
export type StoredValues = Float32Array | Float64Array | BigInt64Array | Int32Array | Uint16Array | Uint8Array;

export interface StoredTensor {
  type: StoredType;
  shape: number[];
  values: StoredValues;
}

export interface SafetensorsContent {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** Key of the metadata that holds the checksum. */
const checksumKey = 'sha256';

const elementBytes: Record<StoredType, number> = { F32: 4, F64: 8, F16: 2, I64: 8, I32: 4, U16: 2, U8: 1, BOOL: 1 };

/** The format's own limit. */
const largestHeaderBytes = 100_000_000;

const entrySchema = z.object({
  dtype: z.enum(['F32', 'F64', 'F16', 'I64', 'I32', 'U16', 'U8', 'BOOL']),
  shape: z.array(z.number().int().nonnegative().safe()),
  data_offsets: z.tuple([z.number().int().nonnegative().safe(), z.number().int().nonnegative().safe()]),
});
const headerSchema = z.record(z.unknown());
const metadataSchema = z.record(z.string());

interface Entry {
  type: StoredType;
  shape: number[];
  begin: number;
  end: number;
}

/** An open file, of which only what is asked for is read. */
export interface SafetensorsFile {
  readonly metadata: Record<string, string>;
  /** Names and shapes of all tensors, in stored order. */
  readonly shapes: Record<string, number[]>;
  /** @throws Error when the file has no tensor of that name */
  read(name: string): StoredTensor;
  close(): void;
}

export interface OpenSafetensorsOptions {
  /** Whether a file without a checksum, as other programs write them, is refused. Default false. */
  requireChecksum?: boolean;
}

/**
 * Opens a file and checks its whole header, before anything as large as the header claims is allocated; and its checksum, where
 * it has one.
 * @throws Error naming the file and what is wrong with it
 */
export function openSafetensors(
  path: string,
  { requireChecksum = false }: OpenSafetensorsOptions = {},
): SafetensorsFile {
  const descriptor = openFile(path);
  try {
    const { header, entries, metadata, dataStart } = readHeader(path, descriptor);
    const { [checksumKey]: checksum, ...rest } = metadata;
    if (checksum === undefined && requireChecksum) throw malformed(path, 'it carries no checksum');
    if (
      checksum !== undefined &&
      checksum !== checksumOf(header, rest, (hash) => hashRest(descriptor, dataStart, hash))
    )
      throw malformed(path, 'its content does not fit its checksum: it was damaged or changed after it was written');
    return {
      metadata: rest,
      shapes: Object.fromEntries([...entries].map(([name, { shape }]) => [name, shape])),
      read(name) {
        const entry = entries.get(name);
        if (!entry)
          throw malformed(path, `it has no tensor '${name}', only ${[...entries.keys()].join(', ') || 'none'}`);
        const bytes = readExactly(path, descriptor, dataStart + entry.begin, entry.end - entry.begin);
        return { type: entry.type, shape: entry.shape, values: viewAs(entry.type, bytes) };
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Reads a whole file. @throws Error naming the file and what is wrong with it */
export function readSafetensors(path: string, options: OpenSafetensorsOptions = {}): SafetensorsContent {
  const file = openSafetensors(path, options);
  try {
    const tensors = Object.fromEntries(Object.keys(file.shapes).map((name) => [name, file.read(name)]));
    return { tensors, metadata: file.metadata };
  } finally {
    file.close();
  }
}

/**
 * Writes tensors and metadata, as {@link writeWhole}: whatever interrupts it, there is the old file or the new one. The metadata
 * gets a checksum.
 */
export function writeSafetensors(
  path: string,
  tensors: Record<string, StoredTensor>,
  metadata: Record<string, string> = {},
): void {
  const entries: Record<string, unknown> = {};
  let offset = 0;
  for (const [name, { type, shape, values }] of Object.entries(tensors)) {
    entries[name] = { dtype: type, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const parts = Object.values(tensors).map(({ values }) => values);
  const checksum = checksumOf(entries, metadata, (hash) => parts.forEach((part) => hash.update(part)));
  const header = { __metadata__: { ...metadata, [checksumKey]: checksum }, ...entries };
  // Spaces after the JSON align the numbers to 8 bytes, as the format recommends.
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeWhole(path, length, padded, ...parts);
}

/** SHA-256 over the header without its checksum, and the numbers; what `metadata.sha256` holds. */
export function checksumOf(
  header: Record<string, unknown>,
  metadata: Record<string, string>,
  numbers: (hash: Hash) => void,
): string {
  const entries = Object.fromEntries(Object.entries(header).filter(([name]) => name !== '__metadata__'));
  const hash = createHash('sha256').update(canonicalJson({ metadata, entries }));
  numbers(hash);
  return hash.digest('hex');
}

/** Adds the rest of a file to a hash, in pieces that bound memory. */
function hashRest(descriptor: number, start: number, hash: Hash): void {
  const piece = Buffer.alloc(1 << 20);
  for (let place = start; ; ) {
    const read = readSync(descriptor, piece, 0, piece.length, place);
    if (read === 0) return;
    hash.update(piece.subarray(0, read));
    place += read;
  }
}

function readHeader(path: string, descriptor: number) {
  const size = fstatSync(descriptor).size;
  if (size < 8) throw malformed(path, `it has ${size} bytes, too few for a header`);
  const headerBytes = Number(readExactly(path, descriptor, 0, 8).readBigUInt64LE());
  if (headerBytes > largestHeaderBytes || headerBytes > size - 8) {
    throw malformed(path, `its header claims ${headerBytes} bytes, the file has ${size}`);
  }
  const header = parseHeader(path, readExactly(path, descriptor, 8, headerBytes).toString('utf8'));
  const dataStart = 8 + headerBytes;
  const metadata = metadataSchema.safeParse(header.__metadata__ ?? {});
  if (!metadata.success) throw malformed(path, 'its metadata is not a record of texts');
  const entries = new Map<string, Entry>();
  for (const [name, given] of Object.entries(header)) {
    if (name !== '__metadata__') entries.set(name, checkEntry(path, name, given));
  }
  checkLayout(path, entries, size - dataStart);
  return { header, entries, metadata: metadata.data, dataStart };
}

function parseHeader(path: string, text: string): Record<string, unknown> {
  try {
    return headerSchema.parse(JSON.parse(text));
  } catch {
    throw malformed(path, 'its header is not a JSON object');
  }
}

function checkEntry(path: string, name: string, given: unknown): Entry {
  const { dtype, shape, data_offsets } = parseOrExplain(entrySchema, given, (reason) =>
    malformed(path, `tensor '${name}': ${reason}`),
  );
  const [begin, end] = data_offsets;
  const expected = shape.reduce((product, side) => product * side, elementBytes[dtype]);
  if (end - begin !== expected) {
    throw malformed(
      path,
      `tensor '${name}' of shape [${shape.join(', ')}] needs ${expected} bytes, its offsets span ${end - begin}`,
    );
  }
  return { type: dtype, shape, begin, end };
}

/** The format wants the numbers without holes or overlaps, from the header to the end of the file. */
function checkLayout(path: string, entries: Map<string, Entry>, dataBytes: number): void {
  const sorted = [...entries].sort(([, first], [, second]) => first.begin - second.begin || first.end - second.end);
  let place = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== place)
      throw malformed(path, `tensor '${name}' begins at byte ${begin} of the data, expected ${place}`);
    place = end;
  }
  if (place !== dataBytes) {
    throw malformed(
      path,
      `its tensors take ${place} bytes, the file holds ${dataBytes}${dataBytes < place ? ' (truncated?)' : ''}`,
    );
  }
}

function readExactly(path: string, descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, length - done, position + done);
    if (read === 0) throw malformed(path, 'it ended while it was read');
    done += read;
  }
  return bytes;
}

function viewAs(type: StoredType, bytes: Buffer): StoredValues {
  // A copy with its own buffer is aligned to any element size.
  const { buffer } = Uint8Array.from(bytes);
  switch (type) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'F16':
    case 'U16':
      return new Uint16Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

function malformed(path: string, reason: string): Error {
  return new Error(`${path} is not a usable safetensors file: ${oneLine(reason)}.`);
}
