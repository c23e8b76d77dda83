/** RQ3 as a chart: students of other networks. */
import type { TopLevelSpec } from 'vega-lite';
import type { GridRun } from '../../experiments/grid';
import type { ArchitectureFactors } from './grid';
import { groupSeeds } from '../../report/seed-groups';
import { intervalLayers } from '../../report/interval-layers';
import { percentInterval, recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { wholeLabels, wholeLegend } from '../../report/labels';
import { columnWidth } from '../../report/style';
import { chartFrame, kindScales } from '../../report/theme';

/** Accuracy by network, a colour and shape a kind of set. */
export function architectureChart(
  runs: readonly GridRun<ArchitectureFactors>[],
  { caption }: { caption?: string } = {},
): TopLevelSpec {
  const groups = groupSeeds(runs);
  const networks = [...new Set(runs.map(({ factors }) => factors.network))];
  const kinds = [...new Set(runs.map(({ factors }) => factors.kind))];
  const rows = groups.map((group) => ({ ...group.setting, ...percentInterval(resultsOf(group)) }));
  const recipes = recipesOf(groups.flatMap(resultsOf));
  const scales = kindScales(kinds);
  const whole = wholeLabels(networks, 0.4 * columnWidth('single'));
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map(({ runs: { length } }) => length))],
      columnWidth('single'),
    ),
    width: columnWidth('single') - 20 - whole.width,
    height: { step: 11 },
    layer: intervalLayers(rows, {
      axis: { title: accuracyTitle(recipes), scale: { zero: false } },
      encoding: {
        y: { field: 'network', type: 'nominal', title: null, sort: networks, axis: whole.shown },
        yOffset: { field: 'kind', type: 'nominal', sort: kinds },
        color: {
          field: 'kind',
          type: 'nominal',
          title: null,
          scale: scales.colour,
          legend: { orient: 'top', ...wholeLegend(kinds, columnWidth('single')) },
        },
      },
      pointEncoding: { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape } },
    }),
  };
}
