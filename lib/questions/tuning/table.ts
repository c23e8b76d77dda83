/** What tuning came to, as tables. */
import { table } from 'arquero';
import type { GridRun } from '../../experiments/grid';
import { chosenByTuning, type TuningFactors } from './grid';
import { groupSeeds, type Setting } from '../../report/seed-groups';
import { accuracyColumns, accuracyDifferences, differenceColumns, foldersOf, resultsOf } from '../../report/over-seeds';
import type { ReportTable } from '../../report/tables';

type TuningRuns = readonly GridRun<TuningFactors>[];

/**
 * A row a setting that was tried: validation accuracy over seeds, and how far it is ahead of the profile's own setting within
 * them; the best of each kind, over all settings, is marked.
 * @throws RangeError where students were tested on the test images: nothing is chosen on them
 */
export function tuningTable(name: string, runs: TuningRuns): ReportTable {
  const groups = groupSeeds(runs);
  const chosen = chosenByTuning(runs);
  const isChosen = ({ kind, part, value, isDefault }: Setting<TuningFactors>) =>
    chosen.some(
      (best) => best.kind === kind && (best.isDefault ? isDefault : best.part === part && best.value === value),
    );
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      'training set': groups.map(({ setting }) => setting.kind),
      setting: groups.map(({ setting }) => setting.part),
      // Rates and counts in one column: as text, each keeps its own digits.
      value: groups.map(({ setting }) => String(setting.value)),
      default: groups.map(({ setting }) => (setting.isDefault ? 'yes' : '')),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        accuracyDifferences<TuningFactors>(groups, ({ kind, part }) => ({ kind, part, isDefault: true })).map(
          ({ difference }) => difference,
        ),
        { baseline: 'the default' },
      ),
      best: groups.map(({ setting }) => (isChosen(setting) ? 'yes' : '')),
    }),
  };
}

/** What was chosen, a kind of set a row: test accuracy over seeds, and how far HaBa is ahead of images within them. */
export function tuningFinalTable(name: string, runs: TuningRuns): ReportTable {
  const groups = groupSeeds(runs);
  return {
    name,
    runs: foldersOf(resultsOf({ runs })),
    table: table({
      'training set': groups.map(({ setting }) => setting.kind),
      'setting chosen on validation images': groups.map(({ setting: { part, value, isDefault } }) =>
        isDefault ? "the profile's own" : `${part} ${value}`,
      ),
      ...accuracyColumns(groups.map(resultsOf)),
      ...differenceColumns(
        accuracyDifferences<TuningFactors>(groups, () => ({ kind: 'images' })).map(({ difference }) => difference),
        { baseline: 'images' },
      ),
    }),
  };
}
