/** RQ2 as charts: how far hallucinations lie apart, and what that buys. */
import { mean } from 'simple-statistics';
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec } from 'vega-lite/build/src/spec';
import type { DiversityJudge } from './judge';
import type { MeasuredRun } from './measure';
import { groupSeeds } from '../../report/seed-groups';
import { confidenceInterval } from '../../report/confidence';
import { intervalLayers } from '../../report/interval-layers';
import { rounded } from '../../report/number-text';
import { recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { runDetails, togetherDetails } from '../../report/run-details';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { columnWidth } from '../../report/style';
import { chartFrame, kindColours, kindScales } from '../../report/theme';

/** Accuracy, spread, rank and coverage against the number of hallucinators, a panel each; lines show images of equal floats. */
export function hallucinatorCountChart(
  runs: readonly MeasuredRun[],
  { caption }: { caption?: string } = {},
): TopLevelSpec {
  const groups = groupSeeds(runs);
  const haba = groups.filter(({ setting }) => setting.set === 'HaBa');
  const images = groups.find(({ setting }) => setting.set === 'images');
  const recipes = recipesOf(resultsOf({ runs }));
  const measures: [title: string, of: (run: MeasuredRun) => number][] = [
    [accuracyTitle(recipes), ({ result }) => 100 * result.accuracy.mean],
    ['spread of a basis', ({ diversity }) => diversity.spreadOfBasis],
    ['effective rank', ({ diversity }) => diversity.effectiveRank],
    ['coverage (%)', ({ diversity }) => 100 * diversity.coverage],
  ];
  const panels = measures.map(([title, of]): LayerSpec<string> => {
    const rows = haba.map((group) => {
      const values = group.runs.map(of);
      const runsOf = resultsOf(group).map(runDetails);
      return { hallucinators: group.setting.hallucinators, ...confidenceInterval(values), values, of: runsOf };
    });
    const axis = { title, scale: { zero: false } };
    return {
      width: (columnWidth('double') - 160) / 2,
      height: 110,
      layer: [
        {
          data: {
            values: images
              ? [{ mean: mean(images.runs.map(of)), ...togetherDetails(resultsOf(images).map(runDetails)) }]
              : [],
          },
          mark: { type: 'rule', strokeDash: [4, 3], color: kindColours.images },
          encoding: { y: { field: 'mean', type: 'quantitative', ...axis } },
        },
        ...intervalLayers(rows, {
          along: 'y',
          axis,
          joined: true,
          encoding: {
            x: {
              field: 'hallucinators',
              type: 'quantitative',
              title: 'hallucinators',
              axis: { values: haba.map(({ setting }) => setting.hallucinators), grid: false, format: 'd' },
              scale: { nice: false, padding: 8 },
            },
            color: { value: kindColours.HaBa },
          },
        }),
      ],
    };
  });
  return {
    ...chartFrame(
      [
        caption,
        studentsSentence(recipes),
        seedsSentence(haba.map((group) => group.runs.length)),
        'dashed: images of equal floats, mean over their seeds',
      ],
      columnWidth('double') - 20,
    ),
    vconcat: [{ hconcat: panels.slice(0, 2) }, { hconcat: panels.slice(2) }],
  };
}

export interface EmbeddingOptions {
  caption?: string;
  /** Real points drawn behind each panel. Default 500. */
  realPoints?: number;
}

/** Every set, a run of one seed each, as a cloud over the real test images, in the plane in which those vary most. */
export function embeddingChart(
  runs: readonly MeasuredRun[],
  judge: DiversityJudge,
  { caption, realPoints = 500 }: EmbeddingOptions = {},
): TopLevelSpec {
  const real = judge.place('real').slice(0, realPoints);
  const kinds = [...new Set(runs.map(({ factors }) => factors.set))];
  const axisOf = (title: string) => ({ type: 'quantitative' as const, title, axis: { grid: false, tickCount: 4 } });
  const [x, y] = [
    { field: 'x', ...axisOf('component 1') },
    { field: 'y', ...axisOf('component 2') },
  ];
  const panels = runs.map(
    ({ factors, result }): LayerSpec<string> => ({
      title: { text: factors.set, anchor: 'middle', fontSize: 8 },
      width: (columnWidth('double') - 180) / 3,
      height: (columnWidth('double') - 180) / 3,
      layer: [
        {
          data: { values: real.map(rough) },
          // A cloud: nobody listens to hundreds of points by their places, which would be half of the figure's file.
          mark: { type: 'point', filled: true, size: 4, color: '#d0d0d0', opacity: 0.7, aria: false },
          encoding: { x, y },
        },
        {
          data: { values: judge.place(result).map(rough) },
          // Once for all points.
          transform: Object.entries(runDetails(result)).map(([as, value]) => ({
            calculate: JSON.stringify(value),
            as,
          })),
          mark: {
            type: 'point',
            filled: true,
            size: 9,
            opacity: 0.8,
            aria: false,
            color: kindScales(kinds).colour.range[kinds.indexOf(factors.set)],
          },
          encoding: { x, y },
        },
      ],
    }),
  );
  return {
    ...chartFrame(
      [caption, 'grey: real test images; axes: their first two principal components'],
      columnWidth('double') - 20,
    ),
    hconcat: panels,
    resolve: { scale: { x: 'shared', y: 'shared' } },
  };
}

/** Two digits are more than a point's width shows, and keep the figure's file small. */
function rough({ x, y }: { x: number; y: number }) {
  return { x: rounded(x, 2), y: rounded(y, 2) };
}
