/** How valid input becomes hostile: bytes cut, flipped, repeated and lied about; JSON with other values at any depth. */
import type { Random } from '../../lib/tensor/random';

/** One to three changes to bytes; sizes and offsets near the beginning, where headers are, are hit most often. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.integer(3); left > 0; left--) changed = pick(byteChanges, random)(changed, random);
  return changed;
}

type ByteChange = (bytes: Buffer, random: Random) => Buffer;

/** Sizes that overflow, wrap or promise more than there is. */
const lies = [
  0,
  1,
  2,
  127,
  128,
  255,
  256,
  65535,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 40,
  2 ** 53,
  2 ** 63,
];

const byteChanges: ByteChange[] = [
  (bytes, random) => bytes.subarray(0, random.integer(bytes.length + 1)),
  (bytes, random) => {
    for (let left = 1 + random.integer(8); left > 0 && bytes.length > 0; left--) {
      bytes[place(bytes, random)] ^= 1 << random.integer(8);
    }
    return bytes;
  },
  (bytes, random) => {
    const at = place(bytes, random);
    for (let left = 1 + random.integer(4); left > 0 && bytes.length > 0; left--) {
      bytes[(at + left) % bytes.length] = random.integer(256);
    }
    return bytes;
  },
  lieAboutSize,
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), filling(bytes, random), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(64))]);
  },
  (bytes, random) => Buffer.concat([bytes, filling(bytes, random)]),
  (bytes) => (bytes.length < 100_000 ? Buffer.concat([bytes, bytes]) : bytes),
];

function lieAboutSize(bytes: Buffer, random: Random): Buffer {
  const width = pick([1, 2, 4, 8], random);
  if (bytes.length < width) return bytes;
  const at = Math.min(place(bytes, random), bytes.length - width);
  const value = BigInt.asUintN(8 * width, BigInt(pick(lies, random)));
  const digits = Buffer.from(value.toString(16).padStart(2 * width, '0'), 'hex');
  bytes.set(random.integer(2) === 0 ? digits : digits.reverse(), at);
  return bytes;
}

function place(bytes: Buffer, random: Random): number {
  if (bytes.length === 0) return 0;
  return random.integer(pick([Math.min(16, bytes.length), Math.min(256, bytes.length), bytes.length], random));
}

/** Zeros, noise, or a part of the input itself. */
function filling(bytes: Buffer, random: Random): Buffer {
  const length = 1 + random.integer(pick([8, 600, 5000], random));
  switch (random.integer(3)) {
    case 0:
      return Buffer.alloc(length);
    case 1:
      return Buffer.from(random.integers(length, 256));
    default: {
      const from = place(bytes, random);
      return Buffer.from(bytes.subarray(from, from + length));
    }
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const names = ['__proto__', 'constructor', 'toString', 'length', '', 'kind', 'a'.repeat(5000), 'näme\u0000\n'];

const hostile: ((random: Random) => Json)[] = [
  () => null,
  (random) => random.integer(2) === 0,
  (random) => pick([0, -0, 1, -1, 0.5, 1e-320, 1e308, -1e308, 2 ** 31, 2 ** 53, 2 ** 60], random),
  // What JSON writes as 1e400 is read as infinity.
  (random) => pick([Infinity, -Infinity, NaN], random),
  (random) => pick(['', '0', '1e9', 'NaN', 'true', '__proto__', '../../x', 'x'.repeat(20_000), '\u0000', '{}'], random),
  () => [],
  () => ({}),
  (random) => Array.from({ length: random.integer(2000) }, () => 1),
  (random) => {
    let deep: Json = 1;
    for (let depth = random.integer(200); depth > 0; depth--) deep = random.integer(2) === 0 ? [deep] : { deep };
    return deep;
  },
];

/** A copy with one to three values or keys changed, at any depth. */
export function mutateJson(value: Json, random: Random): Json {
  let changed = structuredClone(value);
  for (let left = 1 + random.integer(3); left > 0; left--) changed = changeJson(changed, random, 0);
  return changed;
}

function changeJson(value: Json, random: Random, depth: number): Json {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const descend = keys.length > 0 && depth < 8 && random.integer(5) > 0;
  if (!descend) return typeof value === 'object' && value !== null ? changeKeys(value, random) : other(random);
  const key = pick(keys, random);
  setKey(value as Record<string, Json>, key, changeJson((value as Record<string, Json>)[key], random, depth + 1));
  return value;
}

function changeKeys(value: Json[] | { [key: string]: Json }, random: Random): Json {
  const keys = Object.keys(value);
  const record = value as Record<string, Json>;
  switch (random.integer(4)) {
    case 0:
      if (keys.length === 0) return other(random);
      if (Array.isArray(value)) value.pop();
      else delete value[pick(keys, random)];
      return value;
    case 1:
      setKey(record, Array.isArray(value) ? String(value.length) : pick(names, random), other(random));
      return value;
    case 2:
      if (keys.length > 0) setKey(record, pick(keys, random), structuredClone(value));
      return value;
    default:
      return other(random);
  }
}

/** As JSON.parse does, `__proto__` included. */
function setKey(record: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

const other = (random: Random) => pick(hostile, random)(random);

/** JSON text, where infinity is written as a number too large for one. */
export function jsonText(value: Json): string {
  const stand = 'infinity-of-the-fuzzer';
  const text = JSON.stringify(value, (_key, inner: unknown) => (inner === Infinity ? stand : inner));
  return text.replaceAll(`"${stand}"`, '1e400');
}

export function pick<Value>(values: readonly Value[], random: Random): Value {
  return values[random.integer(values.length)];
}
