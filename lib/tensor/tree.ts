/** Trees of tensors: tensors in records and arrays, as functions take and return them. */
import { tf } from './tensorflow';

/** A tree taken apart: its tensors, and what is left when they are gone. */
export interface FlatTree {
  tensors: tf.Tensor[];
  /** The tree with each tensor's position in its place, and other leaves as they are. */
  structure: Structure;
}

type Structure =
  | { tensor: number }
  | { array: Structure[] }
  | { record: Record<string, Structure> }
  | { leaf: unknown };

/** @throws TypeError when a leaf is neither a tensor nor a plain value */
export function flatten(tree: unknown): FlatTree {
  const tensors: tf.Tensor[] = [];
  const visit = (branch: unknown): Structure => {
    if (branch instanceof tf.Tensor) return { tensor: tensors.push(branch as tf.Tensor) - 1 };
    if (Array.isArray(branch)) return { array: branch.map(visit) };
    if (typeof branch === 'object' && branch !== null) {
      return { record: Object.fromEntries(Object.entries(branch).map(([name, part]) => [name, visit(part)])) };
    }
    if (typeof branch === 'function' || typeof branch === 'symbol' || typeof branch === 'bigint') {
      throw new TypeError(`A tree of tensors holds tensors, numbers, strings and booleans; got a ${typeof branch}.`);
    }
    return { leaf: branch };
  };
  return { structure: visit(tree), tensors };
}

/** Puts a tree together again from its structure and other tensors. */
export function unflatten(structure: Structure, tensors: tf.Tensor[]): unknown {
  if ('tensor' in structure) return tensors[structure.tensor];
  if ('array' in structure) return structure.array.map((part) => unflatten(part, tensors));
  if ('leaf' in structure) return structure.leaf;
  const parts = Object.entries(structure.record);
  return Object.fromEntries(parts.map(([name, part]) => [name, unflatten(part, tensors)]));
}
