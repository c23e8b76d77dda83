/** RQ1 as charts: what accuracy a stored float buys. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import { setKinds } from '../sets-at-budget';
import type { StorageFactors } from './grid';
import { headingOf, imagesOf, type StorageRuns } from './measure';
import { atSetting, groupSeeds, type Setting } from '../../report/seed-groups';
import { differenceChart } from '../../report/difference-chart';
import { accuracyDifferences, percentInterval, recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { runDetails } from '../../report/run-details';
import { storageLayers } from '../../report/storage-layers';
import { columnWidth } from '../../report/style';
import { chartFrame, kindScales } from '../../report/theme';

/** Accuracy against stored floats, one panel a method, a colour and shape a kind of set. */
export function storageChart(runs: StorageRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const groups = groupSeeds(runs);
  const random = groups.filter(({ setting }) => setting.method === 'none');
  const methods = methodsOf(runs);
  const present = new Set(runs.map(({ factors }) => factors.kind));
  const kinds = [...new Set(['random real images', ...setKinds, ...present])].filter((kind) => present.has(kind));
  const recipes = recipesOf(resultsOf({ runs }));
  const panels = methods.map((method): LayerSpec<string> => {
    const shown = [...groups.filter(({ setting }) => setting.method === method), ...random];
    const rows = shown.map((group) => ({
      kind: group.setting.kind,
      storage: group.runs[0].result.imagesPerClass,
      ...percentInterval(resultsOf(group)),
    }));
    return {
      title: { text: method, anchor: 'middle' },
      width: (columnWidth('double') - 110) / 2,
      height: 170,
      layer: storageLayers(rows, {
        kinds,
        storageTitle: 'stored floats, in images per class',
        accuracyTitle: accuracyTitle(recipes),
        ticks: [1, 2, 3, 5, 10, 20, 50],
        legendWidth: columnWidth('double') - 20,
      }),
    };
  });
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map(({ runs: { length } }) => length))],
      columnWidth('double') - 20,
    ),
    hconcat: panels,
    resolve: { scale: { y: 'shared' } },
  };
}

/** How far each set is ahead of images of the same method in the same budget, within seeds; a panel a method and budget. */
export function storageDifferenceChart(runs: StorageRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
  const groups = groupSeeds(runs);
  const runsOf = (wanted: Setting<StorageFactors>) => resultsOf(atSetting(groups, wanted)!).map(runDetails);
  const comparisons = accuracyDifferences(groups, imagesOf);
  const recipes = recipesOf(resultsOf({ runs }));
  const { colour } = kindScales([...new Set(runs.map(({ factors }) => factors.kind))]);
  const budgets = [...new Set(runs.map(({ factors }) => factors.budget))];
  const panels = methodsOf(runs).flatMap((method) =>
    budgets.flatMap((budget) => {
      const rows = comparisons.flatMap(({ setting, baseline, difference }) => {
        if (!difference || !baseline || setting.method !== method || setting.budget !== budget) return [];
        const fill = colour.range[colour.domain.indexOf(setting.kind)];
        return [{ label: setting.kind, colour: fill, difference, of: runsOf(setting), baseline: runsOf(baseline) }];
      });
      if (rows.length === 0) return [];
      return [{ title: headingOf({ method, budget }), axis: 'ahead of images (%)', scale: 100, rows }];
    }),
  );
  const said = `differences of ${accuracyTitle(recipes)} to images of equal storage`;
  return differenceChart(panels, {
    captions: [caption, said, studentsSentence(recipes)],
    shared: true,
  });
}

const methodsOf = (runs: StorageRuns) =>
  [...new Set(runs.map(({ factors }) => factors.method))].filter((method) => method !== 'none');
