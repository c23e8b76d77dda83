/** Image grids of a dataset and of distilled sets. */
import path from 'node:path';
import type { PreparedDataset } from '../data/image-source';
import { coloured, pixelsOf } from '../data/pixels';
import { readResultsSet } from '../runs/distilled-file';
import type { RunResult } from '../runs/train-students';
import { tf } from '../tensor/tensorflow';
import type { Figure } from './figure';
import { imageGrid } from './image-grid';
import { pictureLabels } from './picture-labels';
import type { LabelledRun } from './tables';

/** The first training images of each class; where a class has fewer, the rest of its row is white. @param columns images per class, default 10 */
export function sampleGrid(data: PreparedDataset, { columns: most = 10 }: { columns?: number } = {}): Figure {
  const chosen = data.train.indicesOfClass.map((indices) => [...indices.subarray(0, most)]);
  const columns = Math.max(...chosen.map(({ length }) => length));
  const images = data.train.batch(chosen.flat());
  const shown = data.toPixels(images);
  images.dispose();
  const size = shown.length / chosen.flat().length;
  const pixels = new Uint8Array(chosen.length * columns * size).fill(255);
  let from = 0;
  for (const [row, { length }] of chosen.entries()) {
    pixels.set(shown.subarray(from, (from += length * size)), row * columns * size);
  }
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

/** One item of each class, e.g. a basis, and what every view of it shows, e.g. hallucinators make. For stored images: these. */
export function hallucinationGrid(
  result: RunResult,
  { name = 'hallucinations', classes }: HallucinationGridOptions = {},
): Figure {
  const distilled = readResultsSet(result);
  const { set, parameters, classNames, imageShape, statistics } = distilled;
  const pictures = pictureLabels(set);
  const rows = Math.min(classes ?? set.classCount, set.classCount);
  const pixels = tf.tidy(() => {
    const items = tf.tensor1d(
      Int32Array.from({ length: rows }, (_, row) => row * set.perClass),
      'int32',
    );
    const made = Array.from({ length: set.views }, (_, view) => {
      const hallucinators = tf.fill([rows], view, 'int32') as tf.Tensor1D;
      // Of several formations the first is shown.
      return set.images(parameters, { items, hallucinators }).slice(0, rows);
    });
    const stored = pictures.stored ? [coloured(pictures.stored(parameters, items), imageShape[2])] : [];
    return pixelsOf(tf.stack([...stored, ...made], 1).reshape([-1, ...imageShape]), statistics);
  });
  distilled.dispose();
  const views = Array.from({ length: set.views }, (_, view) => `${view + 1}`);
  const stored = pictures.stored ? [pictures.item[0]] : [];
  return imageGrid(
    { pixels, shape: imageShape },
    {
      name,
      rowLabels: classNames.slice(0, rows),
      columnLabels: [
        ...stored,
        ...(pictures.view === undefined ? [stored.length > 0 ? 'image' : pictures.item[0]] : views),
      ],
      rowTitle: 'class',
      ...(pictures.view === undefined ? {} : { columnTitle: pictures.view, columnTitleFrom: stored.length }),
      runs: [path.normalize(result.run)],
    },
  );
}

export interface SetsGridOptions {
  /** File name of the figure. Default 'sets'. */
  name?: string;
  /** Classes shown, from the first. Default: all. */
  classes?: number;
}

/**
 * A row a set, a column a class: the first image that the set decodes to for it, through the first view where it has several.
 * @throws RangeError without sets, and for sets of other classes or images than the first one's
 */
export function setsGrid(runs: readonly LabelledRun[], { name = 'sets', classes }: SetsGridOptions = {}): Figure {
  if (runs.length === 0) throw new RangeError('setsGrid: expected at least one set, got none.');
  const rows = runs.map(({ result }) => firstImages(result, classes));
  const [first] = rows;
  for (const [row, { names, shape }] of rows.entries()) {
    if (names.join() === first.names.join() && shape.join() === first.shape.join()) continue;
    throw new RangeError(
      `setsGrid: '${runs[row].label}' is of other classes or images than '${runs[0].label}'; a grid is of one dataset.`,
    );
  }
  return imageGrid(
    { pixels: Uint8Array.from(Buffer.concat(rows.map(({ pixels }) => pixels))), shape: first.shape },
    {
      name,
      rowLabels: runs.map(({ label }) => label),
      columnLabels: first.names,
      columnTitle: 'class',
      runs: runs.map(({ result }) => path.normalize(result.run)),
    },
  );
}

function firstImages(result: RunResult, classes = Infinity) {
  const distilled = readResultsSet(result);
  const { set, parameters, classNames, imageShape: shape, statistics } = distilled;
  const names = classNames.slice(0, classes);
  const pixels = tf.tidy(() => {
    const items = tf.tensor1d(
      names.map((_, label) => label * set.perClass),
      'int32',
    );
    const images = set.images(parameters, { items, hallucinators: tf.zerosLike(items) });
    // Of several formations the first is shown.
    return pixelsOf(images.slice(0, names.length), statistics);
  });
  distilled.dispose();
  return { names, pixels, shape };
}
