/** Images and labels that come as a table: parquet files of the hub, and NumPy's archives. */
import { withBorder } from './border';
import { assembleDataset, labelsOf, mostClasses, type Dataset, type DatasetParts, type ImageSplit } from './dataset';
import type { OtherLayout } from './dataset-format';
import { npzFile, readNpzTable } from './npz-images';
import { parquetFiles, readParquetTable } from './parquet-images';
import { isFolder } from './source-file';

export interface TableSplit {
  /** Said where something is wrong. */
  file: string;
  /** Of each image: whole numbers. */
  labels: readonly number[];
  /** [count, height, width, channels], 0 to 255, resized where they have another size; grey becomes RGB. */
  images(this: void, imageShape: readonly [number, number, number]): Promise<Uint8Array>;
}

export interface ImageTable {
  train: TableSplit;
  test: TableSplit;
  /** Where the table says. */
  classNames?: readonly string[];
}

/** What is known of a dataset whose images come in a table. */
export interface TableDataset extends Pick<DatasetParts, 'name' | 'mean' | 'deviation'> {
  /** As the table has them: [height, width, channels]. */
  native: readonly [number, number, number];
  /** With a border of zeros to this side. Default: none. */
  borderTo?: number;
  /** Default: as the table says, else its labels. */
  classNames?: readonly string[];
}

/** @throws Error naming the file and what is wrong with it */
async function datasetOf(table: ImageTable, known: TableDataset): Promise<Dataset> {
  const { native, borderTo, ...rest } = known;
  const largest = [table.train, table.test].reduce(
    (most, { labels }) => labels.reduce((so, label) => Math.max(so, label), most),
    0,
  );
  const classNames =
    known.classNames ??
    table.classNames ??
    Array.from({ length: Math.min(largest, mostClasses) + 1 }, (_, label) => `${label}`);
  const [height, width, channels] = native;
  const side = borderTo ?? height;
  const split = async ({ file, labels, images }: TableSplit): Promise<ImageSplit> => {
    const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classNames.length));
    if (labels.length === 0) throw new Error(`${file} holds no images.`);
    if (wrong >= 0) {
      throw new Error(`${file}: record ${wrong} has label ${labels[wrong]}, expected 0 to ${classNames.length - 1}.`);
    }
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
      read: async (found) => datasetOf(await readParquetTable(parquetFiles(found)!), known),
    },
    {
      folders,
      isIn: (folder) => isFolder(folder) && npzFile(folder, npz) !== undefined,
      read: async (found) => datasetOf(await readNpzTable(npzFile(found, npz)!), known),
    },
  ];
}
