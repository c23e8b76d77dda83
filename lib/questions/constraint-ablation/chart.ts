/** RQ4 as charts: what the constraints change. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import { baselineOf, measureNames, measures, titleOf, type AblationRow } from './measure';
import { differenceChart } from '../../report/difference-chart';
import { intervalLayers } from '../../report/interval-layers';
import { recipesOf, seedsSentence } from '../../report/over-seeds';
import { studentsSentence } from '../../report/students-column';
import { rowHeight, wholeLabels } from '../../report/labels';
import { runDetails } from '../../report/run-details';
import { columnWidth } from '../../report/style';
import { chartFrame, kindColours } from '../../report/theme';

export interface AblationChartOptions {
  caption?: string;
}

/** A panel a measure: a tick for every seed, the mean, and its 95 % confidence interval over seeds. */
export function ablationChart(rows: readonly AblationRow[], { caption }: AblationChartOptions = {}): TopLevelSpec {
  const names = rows.map(({ constraints }) => constraints);
  const whole = wholeLabels(names, 0.25 * columnWidth('double'));
  const panels = measureNames.map((measure, place): LayerSpec<string> => {
    const { scale } = measures[measure];
    const values = rows.map(({ constraints, results, measures: { [measure]: measured } }) => ({
      constraints,
      mean: scale * measured.over.mean,
      low: scale * measured.over.low,
      high: scale * measured.over.high,
      values: measured.over.values.map((value) => scale * value),
      of: results.map(runDetails),
    }));
    return {
      width: (columnWidth('double') - 60 - whole.width) / measureNames.length,
      height: { step: rowHeight(whole, 20) },
      layer: intervalLayers(values, {
        axis: { title: titleOf(measure, rows), scale: { zero: false }, axis: { tickCount: 4, format: '.3~g' } },
        encoding: {
          y: {
            field: 'constraints',
            type: 'nominal',
            title: null,
            sort: names,
            axis: place === 0 ? whole.shown : { labels: false, ticks: false },
          },
          color: { value: kindColours.HaBa },
        },
      }),
    };
  });
  return {
    ...chartFrame(
      [
        caption,
        studentsSentence(recipesOf(rows.flatMap(({ results }) => results))),
        seedsSentence(rows.map(({ results }) => results.length)),
      ],
      columnWidth('double') - 20,
    ),
    hconcat: panels,
  };
}

/** A panel a measure: how far each setting is from the baseline within seeds; what the ablation asks. */
export function ablationDifferenceChart(
  rows: readonly AblationRow[],
  { caption }: AblationChartOptions = {},
): TopLevelSpec {
  const baseline = rows.find(({ constraints }) => constraints === baselineOf(rows))!.results.map(runDetails);
  const panels = measureNames.map((measure) => ({
    title: titleOf(measure, rows),
    axis: `less '${baselineOf(rows)}'`,
    scale: measures[measure].scale,
    rows: rows.flatMap(
      ({
        constraints,
        results,
        measures: {
          [measure]: { difference },
        },
      }) =>
        difference
          ? [{ label: constraints, colour: kindColours.HaBa, difference, of: results.map(runDetails), baseline }]
          : [],
    ),
  }));
  const students = studentsSentence(recipesOf(rows.flatMap(({ results }) => results)));
  return differenceChart(panels, { captions: [caption, students] });
}
