/** Image grids of a dataset and of distilled sets. */
import path from 'node:path';
import type { PreparedDataset } from '../data/image-source';
import { pixelsOf } from '../data/pixels';
import { readRunsSet } from '../runs/distilled-file';
import type { RunResult } from '../runs/train-students';
import { tf } from '../tensor/tensorflow';
import type { Figure } from './figure';
import { imageGrid } from './image-grid';

/** The first training images of each class. @param columns images per class, default 10 */
export function sampleGrid(data: PreparedDataset, { columns = 10 }: { columns?: number } = {}): Figure {
  const chosen = data.train.indicesOfClass.flatMap((indices) => [...indices.subarray(0, columns)]);
  const images = data.train.batch(chosen);
  const pixels = data.toPixels(images);
  images.dispose();
  return imageGrid(
    { pixels, shape: data.train.imageShape },
    {
      name: `${data.name}-samples`,
      rowLabels: [...data.classNames],
      columnLabels: Array.from({ length: columns }, (_, column) => `${column + 1}`),
      columnTitle: 'training images',
      rowTitle: 'class',
      runs: [],
    },
  );
}

export interface HallucinationGridOptions {
  /** File name of the figure. Default 'hallucinations'. */
  name?: string;
  /** Classes shown, from the first. Default: all. */
  classes?: number;
}

/** One basis of each class, and what every hallucinator makes of it. For stored images: the images themselves. */
export function hallucinationGrid(
  result: RunResult,
  { name = 'hallucinations', classes }: HallucinationGridOptions = {},
): Figure {
  const distilled = readRunsSet(result.run);
  const { set, parameters, classNames, imageShape, statistics } = distilled;
  const rows = Math.min(classes ?? set.classCount, set.classCount);
  const pixels = tf.tidy(() => {
    const items = tf.tensor1d(
      Int32Array.from({ length: rows }, (_, row) => row * set.perClass),
      'int32',
    );
    const bases = tf.gather(parameters.bases, items) as tf.Tensor4D;
    const made = Array.from({ length: set.hallucinatorCount }, (_, hallucinator) => {
      const hallucinators = tf.fill([rows], hallucinator, 'int32') as tf.Tensor1D;
      // Of several formations the first is shown.
      return set.images(parameters, { items, hallucinators }).slice(0, rows);
    });
    const coloured = bases.shape[3] === imageShape[2] ? bases : tf.tile(bases, [1, 1, 1, imageShape[2]]);
    const columns = set.kind === 'haba' ? [coloured, ...made] : made;
    return pixelsOf(tf.stack(columns, 1).reshape([-1, ...imageShape]), statistics);
  });
  distilled.dispose();
  const hallucinators = Array.from({ length: set.hallucinatorCount }, (_, index) => `${index + 1}`);
  return imageGrid(
    { pixels, shape: imageShape },
    {
      name,
      rowLabels: classNames.slice(0, rows),
      columnLabels: set.kind === 'haba' ? ['basis', ...hallucinators] : ['stored image'],
      rowTitle: 'class',
      ...(set.kind === 'haba' ? { columnTitle: 'hallucinator', columnTitleFrom: 1 } : {}),
      runs: [path.normalize(result.run)],
    },
  );
}
