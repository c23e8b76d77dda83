/** Parquet files of image datasets, as the usual hub has them: a column of encoded images, one of labels, and their names beside. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { oneLine } from '../files/one-line';
import { decodeImages } from './decode-images';
import type { ImageTable, TableSplit } from './image-table';
import { isFolder, readSourceFile } from './source-file';

/** Files of both splits, in the order of their numbers. */
export interface ParquetFiles {
  train: readonly string[];
  test: readonly string[];
}

const tests = ['test', 'validation', 'valid', 'val'];

/** What the hub calls folders of files in the folder of a dataset. */
const innerFolders = ['data', 'plain_text', 'default', 'cropped_digits'];

/** Files `train-*.parquet`, or those of a folder `train`; in a folder, or in one of its folders that the hub makes. */
export function parquetFiles(folder: string): ParquetFiles | undefined {
  const inner = innerFolders.map((name) => path.join(folder, name)).filter(isFolder);
  return [folder, ...inner].map(splitsIn).find(Boolean);
}

function splitsIn(folder: string): ParquetFiles | undefined {
  const names = readdirSync(folder);
  const of = (split: string) => {
    const files = names.filter((name) => new RegExp(`^${split}([-_.].*)?\\.parquet$`).test(name)).sort();
    if (files.length > 0) return files.map((name) => path.join(folder, name));
    const inner = path.join(folder, split);
    const numbered = isFolder(inner) ? readdirSync(inner).sort() : [];
    return numbered.filter((name) => name.endsWith('.parquet')).map((name) => path.join(inner, name));
  };
  const train = of('train');
  const test = tests.map(of).find(({ length }) => length > 0);
  return train.length > 0 && test ? { train, test } : undefined;
}

/** What the hub says of a column. */
interface Feature {
  _type?: string;
  names?: unknown;
}

/** @throws Error naming the file and what is wrong with it */
export async function readParquetTable({ train, test }: ParquetFiles): Promise<ImageTable> {
  const [training, tested] = [await readSplit(train), await readSplit(test)];
  const texts = [training, tested].some(({ labels }) => labels.some((label) => typeof label === 'string'));
  const found = texts ? [...new Set(training.labels.map(String))].sort() : training.classNames;
  const numbers = new Map(found?.map((name, label) => [name, label]));
  const numberOf = (label: RawSplit['labels'][number], index: number, file: string) => {
    const number = numbers.get(String(label));
    if (number !== undefined) return number;
    throw new Error(`${file}: record ${index} has label '${oneLine(String(label), 60)}', which no training image has.`);
  };
  const split = ({ labels, encoded, file }: RawSplit): TableSplit => ({
    file,
    labels: texts ? labels.map((label, index) => numberOf(label, index, file)) : labels.map(Number),
    images: (imageShape) => decodeImages(encoded.length, (index) => encoded[index], { imageShape }),
  });
  return { train: split(training), test: split(tested), classNames: found };
}

interface RawSplit {
  file: string;
  labels: (number | bigint | string)[];
  encoded: { name: string; bytes: Buffer }[];
  classNames?: string[];
}

async function readSplit(files: readonly string[]): Promise<RawSplit> {
  const parts = [];
  for (const file of files) parts.push(await readFile(file));
  return {
    file: files.length === 1 ? files[0] : `${files[0]} and ${files.length - 1} more`,
    labels: parts.flatMap(({ labels }) => labels),
    encoded: parts.flatMap(({ encoded }) => encoded),
    classNames: parts[0].classNames,
  };
}

async function readFile(file: string): Promise<Omit<RawSplit, 'file'>> {
  const bytes = readSourceFile(file);
  const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const [{ parquetMetadata, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  let [image, label, classNames, rows] = ['', '', undefined as string[] | undefined, [] as Record<string, unknown>[]];
  try {
    const metadata = parquetMetadata(content);
    ({ image, label, classNames } = columnsOf(metadata));
    // Bytes that are not said to be text stay bytes.
    rows = await parquetReadObjects({ file: content, metadata, columns: [image, label], compressors, utf8: false });
  } catch (error) {
    throw new Error(`${file} cannot be read: ${oneLine((error as Error).message)}.`, { cause: error });
  }
  const labels: RawSplit['labels'] = [];
  const encoded = rows.map((row, index) => {
    const picture = row[image] as { bytes?: unknown } | Uint8Array | null;
    const held = picture instanceof Uint8Array ? picture : picture?.bytes;
    const name = row[label];
    if (!(held instanceof Uint8Array)) {
      throw new Error(`${file}: record ${index} has no image in '${image}', expected the bytes of a PNG or JPEG.`);
    }
    if (typeof name !== 'number' && typeof name !== 'bigint' && typeof name !== 'string') {
      throw new Error(`${file}: record ${index} has no label in '${label}', expected a number or a name.`);
    }
    labels.push(name);
    return { name: `${file}: record ${index}`, bytes: Buffer.from(held.buffer, held.byteOffset, held.byteLength) };
  });
  return { labels, encoded, classNames };
}

const imageNames = ['image', 'img', 'picture', 'jpg', 'png'];
const labelNames = ['label', 'fine_label', 'labels', 'fine_labels', 'class', 'target', 'y'];

/** Which columns hold the images and the labels, and what the classes are called where the hub says. */
function columnsOf({ schema, key_value_metadata: told = [] }: FileMetaData) {
  const features = featuresOf(told.find(({ key }) => key === 'huggingface')?.value);
  // The root is the first; those of nested columns follow their parents, and have none of the names that are looked for.
  const names = schema.slice(1).map(({ name }) => name);
  const ofType = (type: string) =>
    Object.entries(features)
      .filter(([name, feature]) => feature._type === type && names.includes(name))
      .map(([name]) => name);
  const first = (known: readonly string[], typed: string[]) =>
    known.find((name) => typed.includes(name)) ?? typed[0] ?? known.find((name) => names.includes(name));
  const [image, label] = [first(imageNames, ofType('Image')), first(labelNames, ofType('ClassLabel'))];
  if (image === undefined || label === undefined) {
    throw new Error(
      `it has no column of ${image === undefined ? `images (${imageNames.join(', ')})` : `labels (${labelNames.join(', ')})`}, only ${names.join(', ')}`,
    );
  }
  const classNames = features[label]?.names;
  return { image, label, classNames: Array.isArray(classNames) ? classNames.map(String) : undefined };
}

function featuresOf(text: string | undefined): Record<string, Feature> {
  if (text === undefined) return {};
  const { info } = JSON.parse(text) as { info?: { features?: Record<string, Feature> } };
  return info?.features ?? {};
}
