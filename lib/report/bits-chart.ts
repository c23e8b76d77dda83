/** What accuracy a stored bit buys: sets at every precision, beside real images of 8 bits. */
import type { TopLevelSpec } from 'vega-lite';
import { mean } from 'simple-statistics';
import { percentInterval, recipesOf, resultsOf, seedsSentence } from './over-seeds';
import { storageLayers, ticksOver } from './storage-layers';
import { accuracyTitle, studentsSentence } from './students-column';
import { columnWidth } from './style';
import { groupSeedsOfLabels, type LabelledRun } from './tables';
import { chartFrame } from './theme';

/**
 * Accuracy against bits per class on disk, a colour, shape and line a label: sets that differ in precision or budget alone are
 * given one label, e.g. 'HaBa'. Runs that differ only in their seed are one point.
 * @throws RangeError where some students were tested on the test images and some on the validation images
 */
export function bitsChart(runs: readonly LabelledRun[], { caption }: { caption?: string } = {}): TopLevelSpec {
  const groups = groupSeedsOfLabels(runs);
  const kinds = [...new Set(runs.map(({ label }) => label))];
  const recipes = recipesOf(resultsOf({ runs }));
  const width = columnWidth('single') - 15;
  const rows = groups.map((group) => ({
    kind: group[0].label,
    storage: mean(group.map(({ result }) => result.ledger.bitsPerClass)),
    ...percentInterval(resultsOf({ runs: group })),
  }));
  return {
    ...chartFrame(
      [caption, studentsSentence(recipes), seedsSentence(groups.map(({ length }) => length))],
      columnWidth('single'),
    ),
    width: width - 35,
    height: 170,
    layer: storageLayers(rows, {
      kinds,
      storageTitle: 'bits per class on disk',
      accuracyTitle: accuracyTitle(recipes),
      ticks: ticksOver(rows.map(({ storage }) => storage)),
      legendWidth: width,
    }),
  };
}
