/** The four questions on one's own images, few and small, in the smoke profile: grid, runs, measure, tables and charts. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { datasetNameOf } from '../../lib/data/dataset-names';
import { imageFolder } from '../../lib/data/own-datasets';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { runGrid } from '../../lib/experiments/grid';
import { setTaskOf, type RunTask } from '../../lib/experiments/task';
import { perClassOf } from '../../lib/factorization/parameterisations';
import type { QuestionCell, QuestionSettings } from '../../lib/questions/cells';
import { ablationChart, ablationDifferenceChart } from '../../lib/questions/constraint-ablation/chart';
import { constraintAblation } from '../../lib/questions/constraint-ablation/grid';
import { ablationRows } from '../../lib/questions/constraint-ablation/measure';
import { ablationDiversityTable, ablationTable } from '../../lib/questions/constraint-ablation/table';
import { architectureChart } from '../../lib/questions/cross-architecture/chart';
import { crossArchitecture } from '../../lib/questions/cross-architecture/grid';
import { architectureTable } from '../../lib/questions/cross-architecture/table';
import { embeddingChart, hallucinatorCountChart } from '../../lib/questions/diversity/chart';
import { diversity } from '../../lib/questions/diversity/grid';
import { diversityJudge, type DiversityJudge } from '../../lib/questions/diversity/judge';
import { measureDiversity } from '../../lib/questions/diversity/measure';
import { diversityAccuracyTable, diversityTable } from '../../lib/questions/diversity/table';
import { storageChart, storageDifferenceChart } from '../../lib/questions/storage-efficiency/chart';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import { equalAccuracyTable, publishedTable, storageTable } from '../../lib/questions/storage-efficiency/table';
import { tuning } from '../../lib/questions/tuning/grid';
import { chartFigure } from '../../lib/report/figure';
import { hallucinationGrid } from '../../lib/report/grids';
import type { SeededFactors } from '../../lib/report/seed-groups';
import type { ReportTable } from '../../lib/report/tables';
import { notebookSettings } from '../../lib/reproduction/notebook-settings';
import { useBackend } from '../../lib/tensor/backend';
import { assertReadable } from '../report/text-boxes';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-own-questions-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of 24x20 images, of stripes whose width tells their class. */
async function images(
  name: string,
  { perClass, classes, grey = false }: { perClass: number; classes: string[]; grey?: boolean },
) {
  const [width, height, channels] = [24, 20, grey ? 1 : 3] as const;
  for (const split of ['train', 'test']) {
    for (const [label, one] of classes.entries()) {
      mkdirSync(path.join(folder, name, split, one), { recursive: true });
      for (let image = 0; image < perClass; image++) {
        const pixels = Buffer.from(
          Array.from({ length: width * height * channels }, (_, at) => {
            const x = Math.floor(at / channels) % width;
            return 128 + 90 * Math.sin((x * (1 + label)) / 3 + image) + ((at * 31 + image * 17) % 20);
          }),
        );
        await sharp(pixels, { raw: { width, height, channels } })
          .png()
          .toFile(path.join(folder, name, split, one, `${image}.png`));
      }
    }
  }
  return path.join(folder, name);
}

/** The same runs, as short as they can be. */
function shortened<Factors extends SeededFactors>(cells: readonly QuestionCell<Factors>[]): QuestionCell<Factors>[] {
  const evaluation = { students: 1, updates: 1 };
  const short = (task: RunTask): RunTask => {
    switch (task.kind) {
      case 'run':
        return { ...task, input: { ...task.input, iterations: 1, evaluation } };
      case 'baseline':
        return { ...task, input: { ...task.input, evaluation } };
      case 'evaluation':
        return { ...task, of: short(task.of) as typeof task.of, students: { ...task.students, evaluation } };
      case 'stored':
        return { ...task, of: short(task.of) as typeof task.of };
    }
  };
  return cells.map((cell) => ({ ...cell, task: short(cell.task) }));
}

const places = () => ({ runs: path.join(folder, 'runs'), experts: path.join(folder, 'experts') });

const seeds = [0];

async function askStorage(settings: QuestionSettings) {
  const runs = await runGrid(shortened(storageEfficiency(settings, { seeds })), places());
  const table = storageTable('storage', runs);
  assert.equal(table.table.numRows(), runs.length);
  requireNumbers(table);
  equalAccuracyTable('equal', runs);
  assert.equal(publishedTable('published', datasetNameOf(settings.dataset)).table.numRows(), 0);
  assertReadable(await chartFigure('storage', storageChart(runs), table.runs));
  assertReadable(await chartFigure('differences', storageDifferenceChart(runs), table.runs));
  return runs;
}

/** @returns the judge, which is the caller's */
async function askDiversity(settings: QuestionSettings): Promise<DiversityJudge> {
  const runs = await runGrid(shortened(diversity(settings, { seeds })), places());
  const largest = runs.filter(({ factors }) => factors.set === 'HaBa').at(-1)!;
  hallucinationGrid(largest.result, { name: 'hallucinations' });
  const judge = await diversityJudge(runs.find(({ factors }) => factors.set === 'full training set')!.result);
  const measured = measureDiversity(runs, judge);
  requireNumbers(diversityTable('diversity', measured));
  requireNumbers(diversityAccuracyTable('accuracies', measured));
  assertReadable(await chartFigure('counts', hallucinatorCountChart(measured), []));
  assertReadable(await chartFigure('plane', embeddingChart(measured, judge), []));
  return judge;
}

async function askArchitectures(settings: QuestionSettings) {
  const runs = await runGrid(shortened(crossArchitecture(settings, { seeds })), places());
  requireNumbers(architectureTable('architectures', runs));
  assertReadable(await chartFigure('architectures', architectureChart(runs), []));
}

async function askConstraints(settings: QuestionSettings, judge: DiversityJudge) {
  const rows = ablationRows(await runGrid(shortened(constraintAblation(settings, { seeds })), places()), judge);
  requireNumbers(ablationTable('ablation', rows));
  requireNumbers(ablationDiversityTable('ablation', rows));
  assertReadable(await chartFigure('ablation', ablationChart(rows), []));
  assertReadable(await chartFigure('ablation', ablationDifferenceChart(rows), []));
}

function requireNumbers({ table }: ReportTable): void {
  for (const row of table.objects() as Record<string, unknown>[]) {
    for (const [title, value] of Object.entries(row)) assert.doesNotMatch(String(value), /NaN|Infinity|undef/, title);
  }
}

test('four images a class, of 24x20 pixels: all four questions', async () => {
  const own = imageFolder(await images('mosses', { perClass: 4, classes: ['fern', 'moss', 'oak'] }));
  const settings = { profile: 'smoke', dataset: own } as const;
  const storage = await askStorage(settings);
  const judge = await askDiversity(settings);
  await askConstraints(settings, judge);
  judge.dispose();
  await askArchitectures(settings);
  assert.ok(storage.some(({ factors }) => factors.method === 'MTT'));
  // Seven bases of a channel would fit three images in colour; a class has four images to begin from.
  const single = storage.find(({ factors }) => factors.kind === 'HaBa, single-channel' && factors.budget === 3)!;
  assert.equal(perClassOf(single.result.configuration.set), 4);
});

test('grey images of side 64, two a class, by the variables of a notebook: the budgets are what there is', async () => {
  const before = { ...process.env };
  try {
    process.env.HABA_DATASET = await images('grey', { perClass: 2, classes: ['a', 'b'], grey: true });
    process.env.HABA_IMAGE_SIZE = '64';
    const settings = notebookSettings({ profile: 'smoke', dataset: 'cifar10' });
    (await askDiversity(settings)).dispose();
    const cells = storageEfficiency(settings, { seeds });
    assert.deepEqual([...new Set(cells.map(({ factors }) => factors.budget))], [1, 2]);
    for (const { task } of cells) {
      const { input } = setTaskOf(task);
      if ('set' in input) assert.ok(perClassOf(configure(input).set) <= 2);
    }
  } finally {
    for (const name of ['HABA_DATASET', 'HABA_IMAGE_SIZE']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
});

test('networks that images are too small for are not among the usual ones; asked for, they say so', async () => {
  const small = imageFolder(await images('small', { perClass: 2, classes: ['a', 'b'] }), { side: 16 });
  const settings = { profile: 'quick', dataset: small } as const;
  const networks = crossArchitecture(settings).map(({ factors }) => factors.network);
  assert.deepEqual([...new Set(networks)], ['ConvNet', 'ResNet18', 'AlexNet']);
  const asked = crossArchitecture(settings, { networks: ['VGG11'], kinds: [], seeds });
  await assert.rejects(
    runGrid(asked, places()),
    /VGG11 halves images five times: they must be 32x32 at least, and are 16x16/,
  );
});

test('tuning leaves the validation images out of what a class can begin from', async () => {
  const own = imageFolder(await images('tuned', { perClass: 3, classes: ['a', 'b', 'c'] }));
  const of = (kind: string) => tuning({ profile: 'quick', dataset: own }).find(({ factors }) => factors.kind === kind)!;
  const setOf = (kind: string) => configure(setTaskOf(of(kind).task).input as ConfigurationInput).set;
  assert.deepEqual(
    ['images', 'HaBa'].map((kind) => perClassOf(setOf(kind))),
    [2, 1],
  );
});
