/** What fits a budget, as a table. */
import { table } from 'arquero';
import type { FittingSet } from '../factorization/budget';
import { parameterisationOf } from '../factorization/parameterisations';
import { labelKindText } from './labels-text';
import type { ReportTable } from './tables';

/** A set a row, counted by all floats, by bits, and as the paper names its settings, by bases alone. */
export function budgetTable(name: string, sets: FittingSet[]): ReportTable {
  /** What its kind chose beside the items, e.g. 'kept 64'. */
  const settings = ({ kind, set }: FittingSet) => {
    // Other columns have these, or they were asked of the whole table.
    const { itemsPerClass } = parameterisationOf(kind);
    const told = ['kind', itemsPerClass, 'channels', 'hallucinators', 'kernelSize', 'middleChannels', 'factor'];
    const others = Object.entries(set).filter(([name]) => !told.includes(name));
    return others.map(([name, value]) => `${name} ${String(value)}`).join(', ');
  };
  const column = <T>(of: (set: FittingSet) => T) => sets.map(of);
  const rounded = (value: number) => Number(value.toFixed(3));
  return {
    name,
    runs: [],
    table: table({
      set: column(({ kind }) => parameterisationOf(kind).label),
      channels: column(({ channels = '' }) => channels),
      hallucinators: column(({ hallucinatorCount }) => hallucinatorCount),
      'per class': column(({ perClass }) => perClass),
      'training images per class': column(({ trainingImagesPerClass }) => trainingImagesPerClass),
      labels: column(({ labels }) => labelKindText(labels)),
      floats: column(({ floats }) => floats),
      'images per class, all floats': column(({ imagesPerClass }) => rounded(imagesPerClass)),
      'bits per class': column(({ bitsPerClass }) => bitsPerClass),
      '8-bit images per class': column(({ realImagesPerClass }) => rounded(realImagesPerClass)),
      'images per class, bases alone': column(({ nominalImagesPerClass }) => rounded(nominalImagesPerClass)),
      settings: column(settings),
    }),
  };
}
