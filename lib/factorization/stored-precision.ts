/**
 * Precision of a stored set: its tensors as they lie in a file, at float32, float16, 8 bits or 2 bits a value, and back. Only what
 * learned is rounded, and soft labels; what else a set holds fixed, as mask positions, stays as it is.
 */
import type { StoredTensor, StoredType } from '../files/safetensors';
import { disposeAll, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { largestFloat16, toFloat16, toStored, toTensor } from '../tensor/stored-tensors';
import { tf } from '../tensor/tensorflow';
import { affineOf, levelOf, valueOf, type Affine } from './affine-quantiser';
import { elementBits, entriesOf, type LedgerEntry } from './ledger';
import type { ElementType, TensorSpec } from './parameterisation';
import {
  decodePatches,
  encodePatches,
  patchLevels,
  type ImagesShape,
  type PatchQuantiserOptions,
} from './patch-quantiser';
import { scaleSign } from './tensor-names';

/**
 * 'float32', as sets are distilled; 'float16'; 'int8': 256 levels for each channel, the last side of a tensor; 'int2': images in
 * four levels for each group of patches, entropy-coded, and what decodes them, as hallucinators, as with 'int8'. A tensor whose
 * scales would take more than its 8 bits save is float16.
 */
export const precisions = ['float32', 'float16', 'int8', 'int2'] as const;
export type Precision = (typeof precisions)[number];

export type StoredTensors = Record<string, StoredTensor>;

/** Groups of patches that share their levels. */
export const defaultGroups = 64;

export interface EncodeOptions {
  precision: Precision;
  /** Of patches at most, with 'int2'. */
  groups: number;
  /** Draws where groups begin. */
  random: Random;
  /** With 'int2': what levels of images are made of, where the images have moved since. Default: the images. */
  calibration?: Parameters;
}

const isRounded = ({ part, rounded = part !== undefined }: TensorSpec): boolean => rounded;

/** Values of a byte. */
const levels = 256;
/** Names of what is stored with a quantised tensor. */
const scaleNames = (name: string) => ({ step: `${name}${scaleSign}step`, zero: `${name}${scaleSign}zero` });

/**
 * Tensors of a set as a file holds them.
 * @param tensors what the set declares; others, as the learned step size, are stored as they are
 * @throws RangeError for numbers that the precision cannot hold, and for 2 bits where there are no images
 */
export function encodeTensors(
  tensors: Readonly<Record<string, TensorSpec>>,
  parameters: Parameters,
  { precision, groups, random, calibration = parameters }: EncodeOptions,
): StoredTensors {
  if (precision === 'int2' && !Object.values(tensors).some(({ images }) => images)) {
    throw new RangeError(
      "precision 'int2' is for images, and this kind of set declares none (`images` of a tensor); allowed are float32, float16, int8.",
    );
  }
  const encoded = Object.entries(parameters).map(([name, tensor]): StoredTensors => {
    const spec = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
    if (spec === undefined || tensor.dtype !== 'float32' || !isRounded(spec)) {
      return { [name]: asDeclared(name, tensor, spec) };
    }
    if (precision === 'float32') return { [name]: toStored(tensor) };
    requireFinite(name, tensor);
    if (precision === 'float16') return { [name]: float16(name, tensor) };
    if (precision === 'int2' && spec.images) {
      const given = { groups, random: random.stream(name), calibration: calibration[name].dataSync<'float32'>() };
      return patches(name, tensor, given);
    }
    return asBytes(name, tensor);
  });
  return Object.assign({}, ...encoded) as StoredTensors;
}

/**
 * The levels that 2 bits would store each tensor of images at, with the same options; the caller disposes of them.
 * @returns for each value its step and zero, of the images' shape
 */
export function imageLevels(
  tensors: Readonly<Record<string, TensorSpec>>,
  parameters: Parameters,
  { groups, random }: Pick<EncodeOptions, 'groups' | 'random'>,
): Record<string, { steps: tf.Tensor4D; zeros: tf.Tensor4D }> {
  const names = Object.keys(tensors).filter((name) => tensors[name].images);
  return Object.fromEntries(
    names.map((name) => {
      const shape = tensors[name].shape as unknown as ImagesShape;
      const values = parameters[name].dataSync<'float32'>();
      const { steps, zeros } = patchLevels(values, shape, { groups, random: random.stream(name) });
      return [name, { steps: tf.tensor4d(steps, [...shape]), zeros: tf.tensor4d(zeros, [...shape]) }];
    }),
  );
}

/** Elements on disk, in the bits that are declared. @throws RangeError where they do not fit */
function asDeclared(name: string, tensor: tf.Tensor, spec: TensorSpec | undefined): StoredTensor {
  const type = spec?.type;
  if (type !== 'uint8' && type !== 'uint16') return toStored(tensor);
  const values = tensor.dataSync<'int32'>();
  const most = 2 ** elementBits[type] - 1;
  const misfit = values.find((value) => !(Number.isInteger(value) && value >= 0 && value <= most));
  if (misfit !== undefined) {
    throw new RangeError(
      `The tensor '${name}' is declared ${type}, which holds whole numbers from 0 to ${most}; it has ${misfit}.`,
    );
  }
  return type === 'uint8'
    ? { type: 'U8', shape: tensor.shape, values: Uint8Array.from(values) }
    : { type: 'U16', shape: tensor.shape, values: Uint16Array.from(values) };
}

function requireFinite(name: string, tensor: tf.Tensor): void {
  const odd = tensor.dataSync<'float32'>().find((value) => !Number.isFinite(value));
  if (odd !== undefined)
    throw new RangeError(`The tensor '${name}' has ${odd}, which no other precision than float32 can store.`);
}

function float16(name: string, tensor: tf.Tensor): StoredTensor {
  const values = toFloat16(tensor.dataSync<'float32'>());
  // An exponent of ones is infinity.
  const place = values.findIndex((bits) => (bits & 0x7c00) === 0x7c00);
  if (place >= 0) {
    throw new RangeError(
      `The tensor '${name}' has ${tensor.dataSync()[place]}; float16 ends at ${largestFloat16}. Allowed are float32, int8.`,
    );
  }
  return { type: 'F16', shape: tensor.shape, values };
}

/** Bytes with a step and a zero for each channel; or float16, where that is smaller and holds the numbers. */
function asBytes(name: string, tensor: tf.Tensor): StoredTensors {
  const { shape, size } = tensor;
  const channels = shape.at(-1) ?? 1;
  const values = tensor.dataSync<'float32'>();
  const halfIsSmaller = 16 * size < 8 * size + 2 * 32 * channels;
  if (halfIsSmaller && values.every((value) => Math.abs(value) <= largestFloat16))
    return { [name]: float16(name, tensor) };
  const scales = Array.from({ length: channels }, (_, channel): Affine => {
    let [minimum, maximum] = [Infinity, -Infinity];
    for (let place = channel; place < size; place += channels) {
      minimum = Math.min(minimum, values[place]);
      maximum = Math.max(maximum, values[place]);
    }
    return affineOf(minimum, maximum, levels);
  });
  const bytes = Uint8Array.from(values, (value, place) => levelOf(value, scales[place % channels], levels));
  return { [name]: { type: 'U8', shape, values: bytes }, ...storedScales(name, scales) };
}

function patches(name: string, tensor: tf.Tensor, options: PatchQuantiserOptions): StoredTensors {
  const { groups, bytes } = encodePatches(
    tensor.dataSync<'float32'>(),
    tensor.shape as unknown as ImagesShape,
    options,
  );
  return { [name]: { type: 'U8', shape: [bytes.length], values: bytes }, ...storedScales(name, groups) };
}

function storedScales(name: string, scales: readonly Affine[]): StoredTensors {
  const { step, zero } = scaleNames(name);
  const shape = [scales.length];
  return {
    [step]: { type: 'F32', shape, values: Float32Array.from(scales, (scale) => scale.step) },
    [zero]: { type: 'I32', shape, values: Int32Array.from(scales, (scale) => scale.zero) },
  };
}

/**
 * The numbers that stored tensors stand for, float32 where they learned; the caller disposes of them.
 * @param tensors what the set declares
 * @throws Error saying which tensor is not what it should be, to follow the name of the file
 */
export function decodeTensors(tensors: Readonly<Record<string, TensorSpec>>, stored: StoredTensors): Parameters {
  const decoded: Parameters = {};
  try {
    for (const name of Object.keys({ ...tensors, ...stored })) {
      if (isScale(name)) continue;
      decoded[name] = Object.hasOwn(tensors, name) ? decode(name, tensors[name], stored) : toTensor(stored[name]);
    }
    return decoded;
  } catch (error) {
    disposeAll(decoded);
    throw error;
  }
}

const isScale = (name: string) => name.includes(scaleSign);

const elementTypes: Record<ElementType, StoredType> = {
  float32: 'F32',
  int32: 'I32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
};

/** @throws Error, to follow the name of the file, where a tensor is missing or has another shape than by its configuration */
export function requireShape(name: string, found: readonly number[] | undefined, expected: readonly number[]): void {
  if (found?.join() === expected.join()) return;
  const given = found === undefined ? 'is missing' : `has shape [${found.join(', ')}]`;
  throw new Error(`tensor '${name}' ${given}; by its configuration its shape is [${expected.join(', ')}]`);
}

function decode(name: string, spec: TensorSpec, stored: StoredTensors): tf.Tensor {
  const found = Object.hasOwn(stored, name) ? stored[name] : undefined;
  const isCoded = Object.hasOwn(stored, scaleNames(name).step) && spec.images && found?.shape.length === 1;
  if (found === undefined || !isCoded) requireShape(name, found?.shape, spec.shape);
  const { type, values } = found!;
  const wrong = (reason: string) => new Error(`tensor '${name}' ${reason}`);
  if (!Object.hasOwn(stored, scaleNames(name).step)) {
    const allowed = isRounded(spec) ? ['F32', 'F16'] : [elementTypes[spec.type ?? 'float32'], 'I32', 'BOOL', 'F32'];
    if (!allowed.includes(type))
      throw wrong(`is stored as ${type}, where ${[...new Set(allowed)].join(' or ')} is read`);
    return toTensor(found!);
  }
  const scales = readScales(name, stored);
  if (type !== 'U8') throw wrong(`has scales and is stored as ${type}, where U8 is read`);
  const bytes = values as Uint8Array;
  if (!isCoded) {
    const channels = spec.shape.at(-1) ?? 1;
    if (scales.length !== channels) throw wrong(`has ${scales.length} scales for ${channels} channels`);
    return tf.tensor(
      Float32Array.from(bytes, (level, place) => valueOf(level, scales[place % channels])),
      [...spec.shape],
    );
  }
  try {
    return tf.tensor(decodePatches({ groups: scales, bytes }, spec.shape as unknown as ImagesShape), [...spec.shape]);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function readScales(name: string, stored: StoredTensors): Affine[] {
  const names = scaleNames(name);
  const [step, zero] = [names.step, names.zero].map((one) => (Object.hasOwn(stored, one) ? stored[one] : undefined));
  const fits =
    step?.type === 'F32' && zero?.type === 'I32' && step.shape.length === 1 && step.shape.join() === zero.shape.join();
  if (!fits) throw new Error(`tensor '${name}' has steps and zeros that do not belong together`);
  const scales = Array.from(step.values as Float32Array, (one, place) => ({
    step: one,
    zero: (zero.values as Int32Array)[place],
  }));
  if (scales.length === 0 || !scales.every((scale) => Number.isFinite(scale.step) && scale.step !== 0)) {
    throw new Error(`tensor '${name}' has steps that are 0 or no numbers`);
  }
  return scales;
}

/** What stored tensors cost; floats are those that the set declares. */
export function storedEntries(tensors: Readonly<Record<string, TensorSpec>>, stored: StoredTensors): LedgerEntry[] {
  const declared = entriesOf(tensors);
  const declaredAs = new Map(Object.keys(tensors).map((name, place) => [name, declared[place]]));
  return Object.entries(stored).map(([name, { values }]) => {
    const bits = 8 * values.byteLength;
    const entry = declaredAs.get(name);
    if (entry) return { ...entry, bits };
    return { part: isScale(name) ? 'scales' : name, values: values.length, bits, floats: 0 };
  });
}
