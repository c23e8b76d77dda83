/** Images and labels that come as a table: parquet files of the hub, and NumPy's archives. */
import { withBorder } from './border';
import { assembleDataset, labelsOf, mostClasses, type Dataset, type DatasetParts, type ImageSplit } from './dataset';
import type { OtherLayout } from './dataset-format';
import { npzFiles, readNpzLabels, readNpzTable } from './npz-images';
import { parquetFiles, readParquetLabels, readParquetTable } from './parquet-images';
import { isFolder } from './source-file';

/** The labels of a split. */
export interface LabelSplit {
  /** Said where something is wrong. */
  file: string;
  /** Of each image: whole numbers. */
  labels: readonly number[];
}

export interface TableSplit extends LabelSplit {
  /** [count, height, width, channels], 0 to 255, resized where they have another size; grey becomes RGB. */
  images(this: void, imageShape: readonly [number, number, number]): Promise<Uint8Array>;
}

/** A table's labels, which are read without its images where no more is asked for. */
export interface LabelTable<Split extends LabelSplit = LabelSplit> {
  train: Split;
  test: Split;
  /** Where the table says. */
  classNames?: readonly string[];
}

export type ImageTable = LabelTable<TableSplit>;

/** What is known of a dataset whose images come in a table. */
export interface TableDataset extends Pick<DatasetParts, 'name' | 'mean' | 'deviation'> {
  /** As the table has them: [height, width, channels]. */
  native: readonly [number, number, number];
  /** With a border of zeros to this side. Default: none. */
  borderTo?: number;
  /** Default: as the table says, else its labels. */
  classNames?: readonly string[];
}

/** What the classes are called. @throws Error naming the file of a label that is of none of them */
function classNamesOf(table: LabelTable, known: TableDataset): readonly string[] {
  const largest = [table.train, table.test].reduce(
    (most, { labels }) => labels.reduce((so, label) => Math.max(so, label), most),
    0,
  );
  const classNames =
    known.classNames ??
    table.classNames ??
    Array.from({ length: Math.min(largest, mostClasses) + 1 }, (_, label) => `${label}`);
  for (const { file, labels } of [table.train, table.test]) {
    if (labels.length === 0) throw new Error(`${file} holds no images.`);
    const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classNames.length));
    if (wrong < 0) continue;
    throw new Error(`${file}: record ${wrong} has label ${labels[wrong]}, expected 0 to ${classNames.length - 1}.`);
  }
  return classNames;
}

/** Training images of each class. @throws Error naming the file and what is wrong with it */
function classSizesOf(table: LabelTable, known: TableDataset): number[] {
  const sizes = classNamesOf(table, known).map(() => 0);
  for (const label of table.train.labels) sizes[label] += 1;
  return sizes;
}

/** @throws Error naming the file and what is wrong with it */
async function datasetOf(table: ImageTable, known: TableDataset): Promise<Dataset> {
  const { native, borderTo, ...rest } = known;
  const classNames = classNamesOf(table, known);
  const [height, width, channels] = native;
  const side = borderTo ?? height;
  const split = async ({ labels, images }: TableSplit): Promise<ImageSplit> => {
    const pixels = await images(native);
    return {
      images: borderTo === undefined ? pixels : withBorder(pixels, { height, width, side: borderTo }),
      labels: labelsOf(labels, classNames.length),
      count: labels.length,
    };
  };
  return assembleDataset({
    ...rest,
    imageShape: [side, borderTo ?? width, channels],
    classNames,
    train: await split(table.train),
    test: await split(table.test),
  });
}

/**
 * Where the tables of a dataset may lie: parquet files in one of the folders or in a folder of these, an .npz in one of the folders.
 * @param npz what the archive may be called; undefined for any name, where there is one alone
 */
export function tableLayouts(
  folders: readonly string[],
  known: TableDataset,
  { npz }: { npz?: readonly string[] } = {},
): OtherLayout[] {
  return [
    {
      // Which dataset the files of the data folder itself are nobody can tell; one's own they may be.
      folders: npz === undefined ? folders : folders.filter((folder) => folder !== ''),
      isIn: (folder) => isFolder(folder) && parquetFiles(folder) !== undefined,
      read: (found) => datasetOf(readParquetTable(parquetFiles(found)!), known),
      classSizes: (found) => classSizesOf(readParquetLabels(parquetFiles(found)!), known),
    },
    {
      folders,
      isIn: (folder) => isFolder(folder) && npzFiles(folder, npz) !== undefined,
      read: async (found) => datasetOf(await readNpzTable(npzFiles(found, npz)!), known),
      classSizes: (found) => classSizesOf(readNpzLabels(npzFiles(found, npz)!), known),
    },
  ];
}
