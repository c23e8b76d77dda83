/** Tensors of TensorFlow.js to and from safetensors files. */
import { getFloat16, setFloat16 } from '@petamoriken/float16';
import { writeSafetensors, type StoredTensor } from '../files/safetensors';
import type { Parameters } from './parameters';
import { tf } from './tensorflow';

/** Writes named tensors with {@link writeSafetensors}; they stay the caller's. */
export function writeTensors(path: string, tensors: Parameters, metadata: Record<string, string> = {}): void {
  const stored = Object.entries(tensors).map(([name, tensor]) => [name, toStored(tensor)] as const);
  writeSafetensors(path, Object.fromEntries(stored), metadata);
}

/** A stored tensor as a tensor of TensorFlow.js: float32, int32 or bool; the caller disposes of it. */
export function toTensor({ type, shape, values }: StoredTensor): tf.Tensor {
  switch (type) {
    case 'F32':
    case 'F64':
      return tf.tensor(Float32Array.from(values as Float32Array), shape, 'float32');
    case 'F16':
      return tf.tensor(fromFloat16(values as Uint16Array), shape, 'float32');
    case 'BOOL':
      return tf.tensor(values as Uint8Array, shape, 'bool');
    default:
      return tf.tensor(Int32Array.from(values as Int32Array, Number), shape, 'int32');
  }
}

/** A tensor as it is, to be stored. */
export function toStored(tensor: tf.Tensor): StoredTensor {
  return { type: storedType(tensor), shape: tensor.shape, values: tensor.dataSync() };
}

/** How a tensor's elements are stored. */
export function storedType({ dtype }: Pick<tf.Tensor, 'dtype'>): 'F32' | 'BOOL' | 'I32' {
  return dtype === 'float32' ? 'F32' : dtype === 'bool' ? 'BOOL' : 'I32';
}

/** Largest number of float16. */
export const largestFloat16 = 65504;

/** Numbers rounded to float16, half to even, as their 16 bits; what is beyond its largest becomes infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  const view = new DataView(bits.buffer);
  for (const [place, value] of values.entries()) setFloat16(view, 2 * place, value, true);
  return bits;
}

function fromFloat16(bits: Uint16Array): Float32Array {
  const view = new DataView(bits.buffer, bits.byteOffset, bits.byteLength);
  return Float32Array.from({ length: bits.length }, (_, place) => getFloat16(view, 2 * place, true));
}
