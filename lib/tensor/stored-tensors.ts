/** Tensors of TensorFlow.js to and from safetensors files. */
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
    case 'BOOL':
      return tf.tensor(values as Uint8Array, shape, 'bool');
    default:
      return tf.tensor(Int32Array.from(values as Int32Array, Number), shape, 'int32');
  }
}

function toStored(tensor: tf.Tensor): StoredTensor {
  return { type: storedType(tensor), shape: tensor.shape, values: tensor.dataSync() };
}

/** How a tensor's elements are stored. */
export function storedType({ dtype }: Pick<tf.Tensor, 'dtype'>): 'F32' | 'BOOL' | 'I32' {
  return dtype === 'float32' ? 'F32' : dtype === 'bool' ? 'BOOL' : 'I32';
}
