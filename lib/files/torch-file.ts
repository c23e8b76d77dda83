/**
 * What PyTorch's `torch.save` wrote: tensors in lists, tuples and dictionaries, in the archive of today or the stream of before
 * 2020. Nothing in it is executed; a file that names code, as whole modules do, is refused by that name.
 * @see PyTorch, torch/serialization.py
 */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { oneLine } from './one-line';
import { openFile } from './open-file';
import { bytesOfNumber, tensorOfBytes, type NumberType } from './number-types';
import { numpyGlobals, PickledArray } from './numpy';
import { toStored } from './numpy-file';
import { PickleAsksForCode, readPickle, readPickleAt, type PickleGlobal, type Stateful } from './pickle';
import type { StoredTensor } from './safetensors';
import { readZip } from './zip-file';

/** A tensor or a number, and the keys and places that lead to it, e.g. ['data', '0', '1']. */
export interface FoundTensor {
  path: string[];
  tensor: StoredTensor;
}

const storageTypes: Record<string, NumberType> = {
  Float: 'float32',
  Double: 'float64',
  Half: 'float16',
  BFloat16: 'bfloat16',
  Long: 'int64',
  Int: 'int32',
  Short: 'int16',
  Char: 'int8',
  Byte: 'uint8',
  Bool: 'bool',
};

/** Values kept under one name: what tensors are views of. */
class Storage {
  constructor(
    readonly type: NumberType,
    readonly key: string,
    /** Values that it says it has. */
    readonly count: number,
  ) {}
}

/** A view, whose values are read when all storages are there. */
class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly steps: number[],
  ) {}
}

/** A state dictionary has versions of modules for a state, which are of no use here. */
class OrderedDict extends Map<unknown, unknown> implements Stateful {
  setState(): void {
    return;
  }
}

/** Entries of all lists and dictionaries together, so that one that holds itself comes to an end. */
const mostEntries = 1_000_000;
const deepest = 64;
/** More than any distilled set takes. */
const largestBytes = 2 ** 30;

/**
 * Every tensor and number of a file, with where it stands in it.
 * @throws Error naming the file and what is wrong with it, and what to do where it holds more than tensors
 */
export async function readTorchFile(path: string): Promise<FoundTensor[]> {
  const descriptor = openFile(path);
  try {
    const { size } = fstatSync(descriptor);
    if (size > largestBytes) throw new Error(`it has ${size} bytes, more than any distilled set`);
    const bytes = readFileSync(descriptor);
    const isZip = bytes.length > 4 && bytes.readUInt32LE(0) === 0x04034b50;
    const { value, storageOf } = isZip ? fromArchive(await readZip(path)) : fromStream(bytes);
    return [...leavesOf(value)].map(({ path: place, leaf }) => ({ path: place, tensor: toTensor(leaf, storageOf) }));
  } catch (error) {
    const remedy =
      error instanceof PickleAsksForCode
        ? " Nothing in it was run. Where you trust it, load it in Python and save its tensors alone: torch.save({'images': images, 'labels': labels}, FILE)."
        : '';
    throw new Error(
      `${path} is no file of tensors that torch.save wrote: ${oneLine((error as Error).message)}.${remedy}`,
      {
        cause: error,
      },
    );
  } finally {
    closeSync(descriptor);
  }
}

interface Content {
  value: unknown;
  /** Bytes of a storage. @throws Error where there is none */
  storageOf: (storage: Storage) => Buffer;
}

/** `NAME/data.pkl` and `NAME/data/KEY`, one a storage. */
function fromArchive(files: Map<string, Buffer>): Content {
  const pickles = [...files.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new Error(`it is an archive with ${pickles.length} files 'NAME/data.pkl', expected one`);
  const root = pickles[0].slice(0, -'data.pkl'.length);
  const order = files.get(`${root}byteorder`)?.toString('latin1') ?? 'little';
  if (order !== 'little') throw new Error(`its byte order is '${order}', and only 'little' is read`);
  const value = readPickle(files.get(pickles[0])!, tensorNames);
  const storageOf = ({ key }: Storage) => {
    const bytes = files.get(`${root}data/${key}`);
    if (bytes === undefined) throw new Error(`its storage '${key}' is missing`);
    return bytes;
  };
  return { value, storageOf };
}

const magic = 119547037146038801333356n;

/** Five pickles (a magic number, a version, sizes, the value, keys of storages), then each storage with its count of values. */
function fromStream(bytes: Buffer): Content {
  let at = 0;
  const next = (what: string) => {
    try {
      const { value, end } = readPickleAt(bytes, at, tensorNames);
      at = end;
      return value;
    } catch (error) {
      if (error instanceof PickleAsksForCode) throw error;
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
  };
  if (next('its first bytes') !== magic)
    throw new Error('it is neither an archive nor does it begin with the number of torch.save');
  next('its version');
  const system = next('its sizes');
  if (system instanceof Map && system.get('little_endian') === false)
    throw new Error('its numbers are big-endian, which is not read of this old form');
  const value = next('its value');
  const keys = next('its storages');
  if (!Array.isArray(keys)) throw new Error('its storages are no list');
  const types = new Map([...storagesOf(value)].map((storage) => [storage.key, storage.type]));
  const found = new Map<string, Buffer>();
  for (const key of keys) {
    const type = typeof key === 'string' ? types.get(key) : undefined;
    if (typeof key !== 'string' || type === undefined) throw new Error('it has a storage that no tensor is of');
    if (at + 8 > bytes.length) throw new Error(`it breaks off before its storage '${key}'`);
    const size = Number(bytes.readBigInt64LE(at)) * bytesOfNumber(type);
    if (!(size >= 0 && at + 8 + size <= bytes.length)) throw new Error(`it breaks off in its storage '${key}'`);
    found.set(key, bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  const storageOf = ({ key }: Storage) => {
    const stored = found.get(key);
    if (stored === undefined) throw new Error(`its storage '${key}' is missing`);
    return stored;
  };
  return { value, storageOf };
}

const storages = Object.fromEntries(
  Object.keys(storageTypes).map((name): [string, PickleGlobal] => [
    `torch ${name}Storage`,
    () => {
      throw new Error('it makes a storage in a way that is not read');
    },
  ]),
);
const typeOfStorage = new Map(
  Object.entries(storages).map(([name, global]) => [global, name.slice(6, -'Storage'.length)]),
);

/** (storage, offset, shape, steps, ...) */
const viewOf: PickleGlobal = (storage, offset, shape, steps) => {
  if (!(storage instanceof Storage) || typeof offset !== 'number' || !areNumbers(shape) || !areNumbers(steps)) {
    throw new Error('a tensor is not given as storage, offset, shape and steps');
  }
  return new TensorView(storage, offset, [...shape], [...steps]);
};

const areNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'number');

/** A number of NumPy, which stays unread: accuracies beside the tensors often are some. */
const unread: PickleGlobal = () => undefined;

/** ('storage', type, key, where it was, count of values). */
function persistent(identifier: unknown): Storage {
  const [what, type, key, , count] = Array.isArray(identifier) ? (identifier as unknown[]) : [];
  const name = typeOfStorage.get(type as PickleGlobal);
  if (what !== 'storage' || name === undefined || typeof key !== 'string' || typeof count !== 'number')
    throw new Error('it refers to something that is no storage of numbers');
  return new Storage(storageTypes[name], key, count);
}

/** The names that files of tensors have. */
const tensorNames = {
  persistent,
  globals: {
    ...numpyGlobals,
    ...storages,
    'collections OrderedDict': () => new OrderedDict(),
    'torch Size': (sizes: unknown) => sizes,
    'torch._utils _rebuild_tensor': viewOf,
    'torch._utils _rebuild_tensor_v2': viewOf,
    'torch._utils _rebuild_parameter': (tensor: unknown) => tensor,
    'numpy.core.multiarray scalar': unread,
    'numpy._core.multiarray scalar': unread,
  },
};

type Leaf = TensorView | PickledArray | number;

/** Tensors, arrays and numbers in lists and dictionaries. @throws Error where these nest too deeply, or without end */
function* leavesOf(value: unknown): Generator<{ path: string[]; leaf: Leaf }> {
  let entries = 0;
  function* inner(value: unknown, path: string[]): Generator<{ path: string[]; leaf: Leaf }> {
    entries += 1;
    if (path.length > deepest || entries > mostEntries) throw new Error('its lists and dictionaries nest without end');
    if (Array.isArray(value)) for (const [index, each] of value.entries()) yield* inner(each, [...path, String(index)]);
    else if (value instanceof Map) for (const [key, each] of value) yield* inner(each, [...path, keyText(key)]);
    else if (typeof value === 'number' || value instanceof TensorView || value instanceof PickledArray)
      yield { path, leaf: value };
  }
  yield* inner(value, []);
}

const keyText = (key: unknown) => (typeof key === 'string' || typeof key === 'number' ? String(key) : '?');

function* storagesOf(value: unknown): Generator<Storage> {
  for (const { leaf } of leavesOf(value)) if (leaf instanceof TensorView) yield leaf.storage;
}

function toTensor(found: Leaf, storageOf: Content['storageOf']): StoredTensor {
  if (typeof found === 'number') return { type: 'F64', shape: [], values: Float64Array.of(found) };
  if (found instanceof PickledArray) return toStored(found);
  const { storage, offset, shape, steps } = found;
  const bytes = storageOf(storage);
  if (bytes.length !== storage.count * bytesOfNumber(storage.type)) {
    throw new Error(
      `its storage '${storage.key}' has ${bytes.length} bytes, and should have ${storage.count * bytesOfNumber(storage.type)}`,
    );
  }
  return tensorOfBytes(bytes, storage.type, shape, { offset, steps });
}
