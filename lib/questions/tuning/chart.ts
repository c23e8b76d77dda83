/** What tuning came to, as a chart. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { GridRun } from '../../experiments/grid';
import type { TunedPart, TuningFactors } from './grid';
import { groupSeeds, type SeedGroup } from '../../report/seed-groups';
import { intervalLayers } from '../../report/interval-layers';
import { percentInterval, recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { columnWidth } from '../../report/style';
import { chartFrame, kindScales } from '../../report/theme';

/** A panel a setting: accuracy against its value, a colour and shape a kind of set. */
export function tuningChart(
  runs: readonly GridRun<TuningFactors>[],
  { caption }: { caption?: string } = {},
): TopLevelSpec {
  const parts = [...new Set(runs.map(({ factors }) => factors.part))];
  const kinds = [...new Set(runs.map(({ factors }) => factors.kind))];
  const scales = kindScales(kinds);
  const groups = groupSeeds(runs);
  const recipes = recipesOf(resultsOf({ runs }));
  // One scale for all panels.
  const intervals = groups.map((group) => percentInterval(resultsOf(group)));
  const domain = [
    Math.floor(Math.min(...intervals.flatMap(({ low, values }) => [low, ...values]))),
    Math.ceil(Math.max(...intervals.flatMap(({ high, values }) => [high, ...values]))),
  ];
  const panels = parts.map((part) => panelOf(part, groups, { scales, domain, title: accuracyTitle(recipes) }));
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map((group) => group.runs.length))],
      columnWidth('double') - 20,
    ),
    vconcat: [{ hconcat: panels.slice(0, 2) }, ...(panels.length > 2 ? [{ hconcat: panels.slice(2) }] : [])],
  };
}

interface PanelOptions {
  scales: ReturnType<typeof kindScales>;
  /** Of accuracies, in percent. */
  domain: number[];
  /** Of the axis of accuracies. */
  title: string;
}

function panelOf(
  part: TunedPart,
  groups: readonly SeedGroup<GridRun<TuningFactors>>[],
  { scales, domain, title }: PanelOptions,
): LayerSpec<string> {
  const tried = groups.filter(({ setting }) => setting.part === part);
  const rows = tried.map((group) => ({
    kind: group.setting.kind,
    setting: group.setting.value,
    ...percentInterval(resultsOf(group)),
  }));
  return {
    width: (columnWidth('double') - 160) / 2,
    height: 100,
    layer: intervalLayers(rows, {
      along: 'y',
      axis: { title, scale: { domain } },
      joined: true,
      encoding: {
        x: {
          field: 'setting',
          type: 'quantitative',
          title: part,
          scale: { type: 'log', nice: false, padding: 10 },
          axis: { values: [...new Set(rows.map(({ setting }) => setting))], grid: false, format: '~g' },
        },
        color: { field: 'kind', type: 'nominal', title: null, scale: scales.colour, legend: { orient: 'top' } },
      },
      pointEncoding: { shape: { field: 'kind', type: 'nominal', title: null, scale: scales.shape } },
    }),
  };
}
