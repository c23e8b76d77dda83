/** What tuning came to, as tables and a chart. */
import { table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { GridRun } from '../../runs/grid';
import { chosenByTuning, type TunedPart, type TuningFactors } from './grid';
import { groupSeeds, type SeedGroup, type Setting } from '../../report/seed-groups';
import { intervalLayers } from '../../report/interval-layers';
import {
  accuracyColumns,
  accuracyDifferences,
  differenceColumns,
  foldersOf,
  percentInterval,
  recipesOf,
  resultsOf,
  seedsSentence,
} from '../../report/over-seeds';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import type { ReportTable } from '../../report/tables';
import { chartFrame, columnWidths, kindScales, points } from '../../report/theme';

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

/** A panel a setting: accuracy against its value, a colour and shape a kind of set. */
export function tuningChart(runs: TuningRuns, { caption }: { caption?: string } = {}): TopLevelSpec {
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
      points(columnWidths.double) - 20,
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
    width: (points(columnWidths.double) - 160) / 2,
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
