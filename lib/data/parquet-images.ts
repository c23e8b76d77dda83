/** Parquet files of image datasets, as the usual hub has them: a column of encoded images, one of labels, and their names beside. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import path from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { oneLine } from '../files/one-line';
import { decodeImages } from './decode-images';
import type { ImageTable, LabelSplit, LabelTable, TableSplit } from './image-table';
import { isFolder } from './source-file';

/**
 * Parts of the library, loaded when they are first needed, that do not wait; its own functions, which call them, do. Their types lie
 * elsewhere than their code.
 */
function library() {
  /* eslint-disable @typescript-eslint/no-require-imports */
  const { parquetMetadata, parquetSchema } = require('hyparquet') as typeof import('hyparquet');
  const { readColumn } = require('hyparquet/src/column.js') as typeof import('hyparquet/types/column');
  const { DEFAULT_PARSERS: parsers } = require('hyparquet/src/convert.js') as typeof import('hyparquet/types/convert');
  const { getTreePath } = require('hyparquet/src/schema.js') as typeof import('hyparquet/types/schema');
  const { compressors } = require('hyparquet-compressors') as typeof import('hyparquet-compressors');
  /* eslint-enable @typescript-eslint/no-require-imports */
  return { parquetMetadata, parquetSchema, readColumn, getTreePath, parsers, compressors };
}

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
export function readParquetTable({ train, test }: ParquetFiles): ImageTable {
  const [training, tested] = [readSplit(train), readSplit(test)];
  const numbered = numberedLabels(training, tested);
  const split = (labels: LabelSplit, { encoded }: RawSplit): TableSplit => ({
    ...labels,
    images: (imageShape) => decodeImages(encoded.length, (index) => encoded[index], { imageShape }),
  });
  return { ...numbered, train: split(numbered.train, training), test: split(numbered.test, tested) };
}

/** The labels alone, of which little is read. @throws Error naming the file and what is wrong with it */
export function readParquetLabels({ train, test }: ParquetFiles): LabelTable {
  const split = (files: readonly string[]): RawLabels => {
    const parts = files.map((file) => readFile(file, { withImages: false }));
    return {
      file: nameOf(files),
      labels: parts.flatMap(({ labels }) => labels),
      classNames: parts[0].classNames,
    };
  };
  return numberedLabels(split(train), split(test));
}

/** The library checks little: what is not as it expects ends in mistakes of its own. */
function unreadable(file: string, error: unknown): Error {
  const { name, message } = error as Error;
  const told = name === 'Error' && !message.includes('undefined');
  const reason = told ? oneLine(message) : 'it is damaged, or no parquet file';
  return new Error(`${file} cannot be read: ${reason}.`, { cause: error });
}

interface RawLabels {
  file: string;
  labels: (number | bigint | string)[];
  classNames?: string[];
}

interface RawSplit extends RawLabels {
  encoded: { name: string; bytes: Buffer }[];
}

/** Labels as numbers: names in their order where they are names. */
function numberedLabels(training: RawLabels, tested: RawLabels): LabelTable {
  const texts = [training, tested].some(({ labels }) => labels.some((label) => typeof label === 'string'));
  const found = texts ? [...new Set(training.labels.map(String))].sort() : training.classNames;
  const numbers = new Map(found?.map((name, label) => [name, label]));
  const numberOf = (label: RawLabels['labels'][number], index: number, file: string) => {
    const number = numbers.get(String(label));
    if (number !== undefined) return number;
    throw new Error(`${file}: record ${index} has label '${oneLine(String(label), 60)}', which no training image has.`);
  };
  const split = ({ labels, file }: RawLabels): LabelSplit => ({
    file,
    labels: texts ? labels.map((label, index) => numberOf(label, index, file)) : labels.map(Number),
  });
  return { train: split(training), test: split(tested), classNames: found };
}

const nameOf = (files: readonly string[]) =>
  files.length === 1 ? files[0] : `${files[0]} and ${files.length - 1} more`;

function readSplit(files: readonly string[]): RawSplit {
  const parts = files.map((file) => {
    const { labels, pictures, classNames } = readFile(file, { withImages: true });
    const encoded = pictures!.map((picture, index) => {
      const name = `${file}: record ${index}`;
      if (!(picture instanceof Uint8Array)) {
        throw new Error(`${name} has no image, expected the bytes of a PNG or JPEG.`);
      }
      return { name, bytes: Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength) };
    });
    return { labels, encoded, classNames };
  });
  return {
    file: nameOf(files),
    labels: parts.flatMap(({ labels }) => labels),
    encoded: parts.flatMap(({ encoded }) => encoded),
    classNames: parts[0].classNames,
  };
}

function requireLabel(label: unknown, { index, column }: { index: number; column: string }) {
  if (typeof label === 'number' || typeof label === 'bigint' || typeof label === 'string') return label;
  throw new Error(`record ${index} has no label in '${column}', expected a number or a name`);
}

/** A parquet file ends in the length of its footer, 4 bytes, and 'PAR1'. */
const tailBytes = 8;

interface FileColumns extends Omit<RawLabels, 'file'> {
  /** As encoded, in the order of the labels; only where they are asked for. */
  pictures?: unknown[];
}

/**
 * Footer and columns, without waiting: of the library's own functions, which read columns side by side, a second failure would end
 * the process.
 */
function readFile(file: string, { withImages }: { withImages: boolean }): FileColumns {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const size = fstatSync(descriptor).size;
    const between = partsOf(descriptor, size);
    const footer = new DataView(between(Math.max(0, size - tailBytes), size)).getUint32(0, true);
    const metadata = library().parquetMetadata(between(Math.max(0, size - tailBytes - footer), size));
    const { image, label, classNames } = columnsOf(metadata);
    const valuesOf = (column: string) =>
      metadata.row_groups.flatMap((group) => columnOf(group, { column, metadata, between }));
    const labels = valuesOf(label);
    const pictures = withImages ? valuesOf(image) : undefined;
    if (pictures && pictures.length !== labels.length) {
      throw new Error(`it has ${pictures.length} images and ${labels.length} labels`);
    }
    return { labels: labels.map((one, index) => requireLabel(one, { index, column: label })), pictures, classNames };
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The bytes of a file from one place to another. */
function partsOf(descriptor: number, size: number) {
  return (from: number, to: number): ArrayBuffer => {
    if (!(from >= 0 && to >= from && to <= size))
      throw new Error(`it has ${size} bytes, and tells of bytes beyond them`);
    const part = new Uint8Array(to - from);
    readSync(descriptor, part, 0, part.length, from);
    return part.buffer;
  };
}

interface ColumnOptions {
  column: string;
  metadata: FileMetaData;
  between: (from: number, to: number) => ArrayBuffer;
}

/** The values of one column in a group of rows; of images that come with their path, their bytes. */
function columnOf(group: FileMetaData['row_groups'][number], { column, metadata, between }: ColumnOptions): unknown[] {
  const paths = [column, `${column}.bytes`];
  const told = group.columns.find(({ meta_data: one }) =>
    paths.includes(one?.path_in_schema.join('.') ?? ''),
  )?.meta_data;
  if (told === undefined) throw new Error(`a group of its rows has no '${column}'`);
  const { parquetSchema, readColumn, getTreePath, parsers, compressors } = library();
  const begins = Number(told.dictionary_page_offset ?? told.data_page_offset);
  const schemaPath = getTreePath(parquetSchema(metadata), told.path_in_schema);
  const rows = Number(group.num_rows);
  const { data } = readColumn(
    { view: new DataView(between(begins, begins + Number(told.total_compressed_size))), offset: 0 },
    { groupStart: 0, groupRows: rows, selectStart: 0, selectEnd: rows },
    {
      ...told,
      pathInSchema: told.path_in_schema,
      element: schemaPath[schemaPath.length - 1].element,
      schemaPath,
      parsers,
      compressors,
      utf8: false,
    },
  );
  const values = data.flatMap((page) => Array.from(page as ArrayLike<unknown>)).slice(0, rows);
  // What may be missing at a level above comes in a list of its own.
  return values.map((value) => (Array.isArray(value) ? (value as unknown[])[0] : value));
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
