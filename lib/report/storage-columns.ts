/** What training sets cost to store, as columns of a table: one wording for all. */
import { mean } from 'simple-statistics';
import type { RunResult } from '../runs/train-students';
import { labelsTexts } from './labels-text';
import { rounded } from './number-text';

/**
 * What items are labelled with, and the ledger of each row: floats, and the same in images per class; bits per class on disk, and the same in real images of 8 bits a
 * value. Runs of a row that differ in their seed alone may differ in entropy-coded bits: the mean is shown.
 * @param rows runs of each row; made-up ones without a ledger leave bits out
 */
export function storageColumns(rows: readonly (readonly RunResult[])[]): Record<string, (number | string)[]> {
  const column = (of: (result: RunResult) => number, digits: number) =>
    rows.map((results) => rounded(mean(results.map(of)), digits));
  const haveLedger = rows.flat().every((result) => 'ledger' in result);
  return {
    labels: rows.map(labelsTexts),
    'stored floats': column(({ storedFloats }) => storedFloats, 0),
    'images per class': column(({ imagesPerClass }) => imagesPerClass, 2),
    ...(haveLedger
      ? {
          'bits per class': column(({ ledger }) => ledger.bitsPerClass, 0),
          '8-bit images per class': column(({ ledger }) => ledger.realImagesPerClass, 2),
        }
      : {}),
  };
}
