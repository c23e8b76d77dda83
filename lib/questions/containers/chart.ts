/** Containers in bits, as a chart. */
import type { TopLevelSpec } from 'vega-lite';
import type { LayerSpec, UnitSpec } from 'vega-lite/build/src/spec';
import { mean } from 'simple-statistics';
import { groupSeeds } from '../../report/seed-groups';
import { percentInterval, recipesOf, resultsOf, seedsSentence } from '../../report/over-seeds';
import { storageLayers, ticksOver, type StorageRow } from '../../report/storage-layers';
import { accuracyTitle, studentsSentence } from '../../report/students-column';
import { columnWidth } from '../../report/style';
import { chartFrame } from '../../report/theme';
import { realImages } from './grid';
import { withAugmentation, type ContainerRuns } from './measure';

/** Shown in every panel, for the eye to compare with. */
const references: readonly string[] = [...realImages, 'images'];
const columns = 4;

/**
 * Accuracy against bits per class of one method: a panel a container, in each the same real images and stored images. A line joins
 * what was distilled once, at the precisions that it is stored in.
 * @throws RangeError where no container but stored images was distilled with that method
 */
export function containerBitsChart(
  runs: ContainerRuns,
  { method = 'DM', caption }: { method?: 'DM' | 'MTT'; caption?: string } = {},
): TopLevelSpec {
  const groups = groupSeeds(withAugmentation(runs)).filter(
    ({ setting }) => setting.method === method || (realImages as readonly string[]).includes(setting.kind),
  );
  const rows = groups.map((group): StorageRow & { panel: string } => ({
    kind: group.setting.kind,
    panel: panelOf(group.setting.kind),
    line: group.setting.method === 'none' ? group.setting.kind : `${group.setting.kind} ${group.setting.budget}`,
    storage: mean(group.runs.map(({ result }) => result.ledger.bitsPerClass)),
    ...percentInterval(resultsOf(group)),
  }));
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  const panels = [...new Set(rows.map(({ panel }) => panel))].filter((panel) => !references.includes(panel));
  if (panels.length === 0) {
    throw new RangeError(`containerBitsChart: expected containers that were distilled with ${method}, got none.`);
  }
  const recipes = recipesOf(groups.flatMap(resultsOf));
  const width = columnWidth('double') - 20;
  const across = Math.min(columns, panels.length);
  const ticks = ticksOver(
    rows.map(({ storage }) => storage),
    [1, 3],
  );
  return {
    ...chartFrame(
      [
        caption,
        'a line joins one set at several precisions: from the right as it was distilled (float32), then with fewer bits a value',
        studentsSentence(recipes),
        seedsSentence(groups.map((group) => group.runs.length)),
      ],
      width,
    ),
    columns: across,
    spacing: 12,
    concat: panels.map((panel, place): LayerSpec<string> => {
      const isLowest = place + across >= panels.length;
      const layers = storageLayers(
        rows.filter((row) => row.panel === panel || references.includes(row.panel)),
        {
          kinds,
          storageTitle: isLowest ? 'bits per class' : null,
          accuracyTitle: place % across === 0 ? accuracyTitle(recipes) : null,
          ticks,
          legendWidth: width,
        },
      );
      return {
        title: { text: panel, anchor: 'middle' },
        width: (width - 40) / columns - 12,
        height: 110,
        ...sharingData(layers),
      };
    }),
    resolve: { scale: { x: 'shared', y: 'shared' } },
  };
}

/** Rows of several layers stand once, at their panel: with many panels a notebook would grow by each copy. */
function sharingData(layers: readonly UnitSpec<string>[]): Pick<LayerSpec<string>, 'data' | 'layer'> {
  const [{ data }] = layers;
  const rowsOf = (one: typeof data) => (one && 'values' in one ? one.values : undefined);
  return {
    data,
    layer: layers.map(({ data: own, ...layer }) => (rowsOf(own) === rowsOf(data) ? layer : { ...layer, data: own })),
  };
}

/** HaBa is one container, with as many channels as a budget allows. */
function panelOf(kind: string): string {
  return kind === 'HaBa, single-channel' ? 'HaBa' : kind;
}
