/** Containers in bits, as a table. */
import { table } from 'arquero';
import { mean } from 'simple-statistics';
import { groupSeeds, type Setting } from '../../report/seed-groups';
import {
  accuracyColumns,
  accuracyDifferences,
  accuracyOverSeeds,
  differenceColumns,
  foldersOf,
  resultsOf,
} from '../../report/over-seeds';
import { rounded } from '../../report/number-text';
import { storageColumns } from '../../report/storage-columns';
import type { ReportTable } from '../../report/tables';
import type { ContainerFactors } from './grid';
import { randomImagesForAccuracy, withAugmentation, type ContainerRuns } from './measure';

/**
 * A row for each container at each budget and precision: its bits, its accuracy, what the precision costs within seeds, and how many
 * random real images, of 8 bits a value, students need for that accuracy, with the fraction of their bits that it stores.
 */
export function containerBitsTable(name: string, runs: ContainerRuns): ReportTable {
  const shown = withAugmentation(runs).filter(({ factors }) => factors.kind !== 'full training set');
  const groups = groupSeeds(shown);
  const results = groups.map(resultsOf);
  const column = <T>(of: (setting: Setting<ContainerFactors>) => T) => groups.map(({ setting }) => of(setting));
  const { labels, 'bits per class': bits, '8-bit images per class': images } = storageColumns(results);
  const randomImagesFor = randomImagesForAccuracy(runs);
  const needed = results.map((own) => randomImagesFor(accuracyOverSeeds(own).mean));
  const stored = (place: number) => mean(results[place].map(({ ledger }) => ledger.realImagesPerClass));
  const isReal = column(({ method }) => method === 'none');
  return {
    name,
    runs: foldersOf(resultsOf({ runs: shown })),
    table: table({
      method: column(({ method }) => method),
      'training set': column(({ kind }) => kind),
      'budget (images per class)': column(({ budget }) => budget),
      precision: column(({ precision }) => precision),
      labels,
      'bits per class': bits,
      '8-bit images per class': images,
      ...accuracyColumns(results),
      ...differenceColumns(
        accuracyDifferences(groups, asFloats).map(({ difference }) => difference),
        { baseline: 'float32' },
      ),
      'random images per class for this accuracy': needed.map((one, place) =>
        isReal[place] ? '' : typeof one === 'number' ? one.toFixed(1) : one,
      ),
      'fraction of their bits': needed.map((one, place) =>
        isReal[place] || typeof one !== 'number' ? '' : String(rounded(stored(place) / one, 2)),
      ),
    }),
  };
}

/** A set is compared with itself as it was distilled. */
function asFloats(setting: Setting<ContainerFactors>): Partial<Setting<ContainerFactors>> | undefined {
  return setting.method === 'none' ? undefined : { ...setting, precision: 'float32' };
}
