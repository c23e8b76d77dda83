/**
 * What PyTorch's `torch.save` wrote: tensors in lists, tuples and dictionaries, in the archive of today or the stream of before
 * 2020. Nothing in it is executed; a file that names code, as whole modules do, is refused by that name.
 * @see PyTorch, torch/serialization.py
 */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import { oneLine } from './one-line';
import { openFile } from './open-file';
import { bytesOfNumber, swapped, tensorOfBytes, type NumberType } from './number-types';
import { PickleFunction, PickleObject, readPickle, RefusedGlobal, type PickleValue } from './pickle';
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
interface Storage {
  type: NumberType;
  key: string;
  /** Values that it says it has. */
  count: number;
}

/** A view, whose values are read when all storages are there. */
interface TensorView {
  storage: Storage;
  offset: number;
  shape: number[];
  steps: number[];
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
    return [...tensorsOf(value)].map(({ path: place, found }) => ({ path: place, tensor: toTensor(found, storageOf) }));
  } catch (error) {
    const remedy =
      error instanceof RefusedGlobal
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
  value: PickleValue;
  /** Bytes of a storage, little-endian. @throws Error where there is none */
  storageOf: (storage: Storage) => Buffer;
}

/** `NAME/data.pkl` and `NAME/data/KEY`, one a storage. */
function fromArchive(files: Map<string, Buffer>): Content {
  const pickles = [...files.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1)
    throw new Error(`it is an archive with ${pickles.length} files 'NAME/data.pkl', expected one`);
  const root = pickles[0].slice(0, -'data.pkl'.length);
  const order = files.get(`${root}byteorder`)?.toString('latin1') ?? 'little';
  if (order !== 'little' && order !== 'big') throw new Error(`its byte order is '${order}'; allowed are little, big`);
  const { value } = readPickle(files.get(pickles[0])!, tensorNames);
  const storageOf = ({ key, type }: Storage) => {
    const bytes = files.get(`${root}data/${key}`);
    if (bytes === undefined) throw new Error(`its storage '${key}' is missing`);
    return order === 'big' ? swapped(bytes, type) : bytes;
  };
  return { value, storageOf };
}

const magic = 119547037146038801333356n;

/** Five pickles (a magic number, a version, sizes, the value, keys of storages), then each storage with its count of values. */
function fromStream(bytes: Buffer): Content {
  let at = 0;
  const next = (what: string) => {
    try {
      const { value, end } = readPickle(bytes, tensorNames, at);
      at = end;
      return value;
    } catch (error) {
      if (error instanceof RefusedGlobal) throw error;
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
  const storages = new Map<string, Buffer>();
  for (const key of keys) {
    const type = typeof key === 'string' ? types.get(key) : undefined;
    if (typeof key !== 'string' || type === undefined) throw new Error('it has a storage that no tensor is of');
    if (at + 8 > bytes.length) throw new Error(`it breaks off before its storage '${key}'`);
    const size = Number(bytes.readBigInt64LE(at)) * bytesOfNumber(type);
    if (!(size >= 0 && at + 8 + size <= bytes.length)) throw new Error(`it breaks off in its storage '${key}'`);
    storages.set(key, bytes.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  const storageOf = ({ key }: Storage) => {
    const found = storages.get(key);
    if (found === undefined) throw new Error(`its storage '${key}' is missing`);
    return found;
  };
  return { value, storageOf };
}

/** The names that tensors are made of; what a number of NumPy is stays unread. */
const tensorNames = { functionOf, persistent };

function functionOf(name: string): PickleFunction | undefined {
  const storage = /^torch\.(\w+)Storage$/.exec(name)?.[1];
  if (storage !== undefined && Object.hasOwn(storageTypes, storage)) {
    return new PickleFunction(name, () => {
      throw new Error(`it makes a ${name} of its own`);
    });
  }
  return Object.hasOwn(functions, name) ? new PickleFunction(name, functions[name]) : undefined;
}

const unread = (name: string) => () => new PickleObject(name);

const functions: Record<string, (given: PickleValue[]) => PickleValue> = {
  'collections.OrderedDict': (given) => {
    if (given.length > 0) throw new Error('a dictionary begins with entries');
    return new Map();
  },
  'torch.Size': ([sizes]) => sizes,
  'torch._utils._rebuild_tensor': viewOf,
  'torch._utils._rebuild_tensor_v2': viewOf,
  'torch._utils._rebuild_parameter': ([tensor]) => tensor,
  // Accuracies beside the tensors are often numbers of NumPy.
  'numpy.core.multiarray.scalar': unread('a number of NumPy'),
  'numpy._core.multiarray.scalar': unread('a number of NumPy'),
  'numpy.dtype': unread('a type of NumPy'),
  '_codecs.encode': unread('bytes'),
};

/** ('storage', type, key, where it was, count of values). */
function persistent(identifier: PickleValue): PickleValue {
  const [what, type, key, , count] = Array.isArray(identifier) ? identifier : [];
  const name = type instanceof PickleFunction ? /^torch\.(\w+)Storage$/.exec(type.name)?.[1] : undefined;
  if (what !== 'storage' || name === undefined || typeof key !== 'string' || typeof count !== 'number')
    throw new Error('it refers to something that is no storage of numbers');
  return new PickleObject('a storage', { type: storageTypes[name], key, count } satisfies Storage);
}

/** (storage, offset, shape, steps, ...) */
function viewOf([storage, offset, shape, steps]: PickleValue[]): PickleValue {
  const isNumbers = (value: PickleValue): value is number[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'number');
  if (!(storage instanceof PickleObject) || storage.name !== 'a storage') throw new Error('a tensor has no storage');
  if (typeof offset !== 'number' || !isNumbers(shape) || !isNumbers(steps)) throw new Error('a tensor has no shape');
  const view: TensorView = { storage: storage.content as Storage, offset, shape: [...shape], steps: [...steps] };
  return new PickleObject('a tensor', view);
}

/** @throws Error where values nest too deeply, or without end */
function* leavesOf(value: PickleValue): Generator<{ path: string[]; leaf: PickleValue }> {
  let entries = 0;
  function* inner(value: PickleValue, path: string[]): Generator<{ path: string[]; leaf: PickleValue }> {
    entries += 1;
    if (path.length > deepest || entries > mostEntries) throw new Error('its lists and dictionaries nest without end');
    if (Array.isArray(value)) for (const [index, each] of value.entries()) yield* inner(each, [...path, String(index)]);
    else if (value instanceof Map) for (const [key, each] of value) yield* inner(each, [...path, keyText(key)]);
    else yield { path, leaf: value };
  }
  yield* inner(value, []);
}

const keyText = (key: PickleValue) => (typeof key === 'string' || typeof key === 'number' ? String(key) : '?');

function* tensorsOf(value: PickleValue): Generator<{ path: string[]; found: TensorView | number }> {
  for (const { path, leaf } of leavesOf(value)) {
    if (typeof leaf === 'number') yield { path, found: leaf };
    if (leaf instanceof PickleObject && leaf.name === 'a tensor') yield { path, found: leaf.content as TensorView };
  }
}

function* storagesOf(value: PickleValue): Generator<Storage> {
  for (const { found } of tensorsOf(value)) if (typeof found !== 'number') yield found.storage;
}

function toTensor(found: TensorView | number, storageOf: Content['storageOf']): StoredTensor {
  if (typeof found === 'number') return { type: 'F64', shape: [], values: Float64Array.of(found) };
  const { storage, offset, shape, steps } = found;
  const bytes = storageOf(storage);
  if (bytes.length !== storage.count * bytesOfNumber(storage.type)) {
    throw new Error(
      `its storage '${storage.key}' has ${bytes.length} bytes, and should have ${storage.count * bytesOfNumber(storage.type)}`,
    );
  }
  return tensorOfBytes(bytes, storage.type, shape, { offset, steps });
}
