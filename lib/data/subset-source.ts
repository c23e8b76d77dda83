/** Some images of a source, as a source. */
import { labelsOf, type Labels } from './dataset';
import type { ImageSource } from './image-source';

/**
 * @param rows which images of `source`, in the order that they are numbered in here
 */
export function subsetOf(source: ImageSource, rows: Int32Array): ImageSource {
  const labels = labelsOf(
    Array.from(rows, (row) => source.labels[row]),
    source.classCount,
  );
  return {
    ...source,
    count: rows.length,
    labels,
    indicesOfClass: indicesOfClass(labels, source.classCount),
    batch: (indices) => source.batch(Int32Array.from(indices, (index) => rows[index])),
  };
}

/** The first images of a source. */
export function firstOf(source: ImageSource, count: number): ImageSource {
  return subsetOf(
    source,
    Int32Array.from({ length: count }, (_, image) => image),
  );
}

/** Indices of the images of each class, in stored order. */
export function indicesOfClass(labels: Labels, classCount: number): Int32Array[] {
  const indices = Array.from({ length: classCount }, () => [] as number[]);
  labels.forEach((label, index) => indices[label].push(index));
  return indices.map((ofClass) => Int32Array.from(ofClass));
}
