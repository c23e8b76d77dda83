/** The authors' first row as charts. */
import type { TopLevelSpec } from 'vega-lite';
import { differenceChart } from '../../report/difference-chart';
import { percentInterval, recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { runDetails } from '../../report/run-details';
import { groupSeeds } from '../../report/seed-groups';
import { storageLayers } from '../../report/storage-layers';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { columnWidth } from '../../report/style';
import { chartFrame, kindScales } from '../../report/theme';
import { authorsRowKinds } from './grid';
import { countings, nameOf, rowComparisons, type AuthorsRowRuns, type Counting } from './measure';

export interface AuthorsRowChartOptions {
  caption?: string;
}

const kindsOf = (runs: AuthorsRowRuns) =>
  authorsRowKinds.filter((kind) => runs.some(({ factors }) => factors.kind === kind));

/** Accuracy against what is stored, hallucinators included. */
export function authorsRowChart(runs: AuthorsRowRuns, { caption }: AuthorsRowChartOptions = {}): TopLevelSpec {
  const groups = groupSeeds(runs);
  const recipes = recipesOf(resultsOf({ runs }));
  const rows = groups.map((group) => ({
    kind: group.setting.kind,
    storage: group.runs[0].result.imagesPerClass,
    ...percentInterval(resultsOf(group)),
  }));
  const width = columnWidth('single');
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map(({ runs: { length } }) => length))],
      width - 20,
    ),
    width: width - 60,
    height: 150,
    layer: storageLayers(rows, {
      kinds: kindsOf(runs),
      storageTitle: 'stored floats, in images per class',
      accuracyTitle: accuracyTitle(recipes),
      ticks: [1, 1.2, 1.5, 2],
      legendWidth: width - 20,
    }),
  };
}

const titles: Record<Counting, string> = { nominal: 'As papers count', floats: 'In no fewer floats' };

/** How far HaBa is ahead of images within seeds, as papers count and by what is stored. */
export function authorsRowDifferenceChart(
  runs: AuthorsRowRuns,
  { caption }: AuthorsRowChartOptions = {},
): TopLevelSpec {
  const recipes = recipesOf(resultsOf({ runs }));
  const { colour } = kindScales(kindsOf(runs));
  const comparisons = rowComparisons(runs);
  const panels = countings.map((counting) => ({
    title: titles[counting],
    axis: 'difference (%)',
    scale: 100,
    rows: comparisons.flatMap(({ setting, images, difference, results, ...one }) =>
      one.counting !== counting || !difference
        ? []
        : [
            {
              label: `${nameOf(setting)} less ${nameOf(images)}`,
              colour: colour.range[colour.domain.indexOf(setting.kind)],
              difference,
              of: results.set.map(runDetails),
              baseline: results.images.map(runDetails),
            },
          ],
    ),
  }));
  return differenceChart(
    panels.filter(({ rows }) => rows.length > 0),
    { captions: [caption, `differences of ${accuracyTitle(recipes)}`, studentsSentence(recipes)], shared: true },
  );
}
