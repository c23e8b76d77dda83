/** All notebooks in their order, through the real kernel: what they are executed with, and where what comes of them goes. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { datasetFrom, datasetNameOf, datasetNames, type DatasetName } from '../data/dataset-names';
import { dataFolder } from '../data/load-dataset';
import type { Configuration } from '../distillation/configuration';
import { ownDatasetOf } from '../data/own-datasets';
import { defaultExperts } from '../matching/experts/experts-folder';
import { localWorkers } from '../experiments/workers';
import { obtainWithProgress } from '../runs/data-at-hand';
import { executeNotebook, NotebookFailed } from './execute-notebook';
import { findNotebooks, notebookName } from './notebook-file';
import { defaultRuns } from '../runs/run-files';

export interface ReproductionOptions {
  /** Of all notebooks. Default: each has its own, which its first cell says. */
  profile?: Configuration['profile'];
  /** A name, or a folder of one's own images, with a slash in it: './my-images'. Default 'cifar10'. */
  dataset?: DatasetName | (string & {});
  /** Side that one's own images are resized to. Default 32. */
  imageSize?: number;
  /** Names of notebooks, or how they begin, e.g. '01'. Default: all. */
  only?: string[];
  /**
   * Folder of figures, tables and index page. Default: HABA_RESULTS, else `results` for the notebooks' own profiles on CIFAR-10, whose
   * notebooks and results are committed, and `results/PROFILE-DATASET` for every other, so that none replaces those.
   */
  results?: string;
  /** Where runs are stored, and taken from. Default: HABA_RUNS, else results/runs. */
  runs?: string;
  /** Where experts are stored, and taken from. Default: HABA_EXPERTS, else results/experts. */
  experts?: string;
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  /** Folder of the notebooks as they are written. Default: notebooks. */
  notebooks?: string;
  /** Processes that the runs of a grid are divided among. Default: HABA_WORKERS, else none beside the notebook's. */
  workers?: number;
}

export interface Reproduction {
  /** In a few words, e.g. 'profile quick, cifar10'. */
  settings: string;
  dataset: DatasetName;
  /** Each as it is written, and the file for it as executed; the same where executed notebooks are committed. */
  notebooks: { source: string; executed: string }[];
  results: string;
  /** Notebooks that failed, as far as they came. */
  unfinished: string;
  runs: string;
  data: string;
  /** What notebooks are executed with: HABA_PROFILE, HABA_DATASET, ... */
  environment: Record<string, string>;
}

const committed = { dataset: 'cifar10', results: 'results' };

/**
 * Settles what is to be executed, and where everything goes.
 * @throws RangeError for an unknown dataset or notebook, or results that would replace the committed ones by those of another profile
 */
export function planReproduction(options: ReproductionOptions = {}): Reproduction {
  const { profile, dataset: word = committed.dataset, imageSize, only, data = dataFolder(), workers } = options;
  if (workers !== undefined) localWorkers({ workers });
  const dataset = datasetNameOf(datasetFrom(word, imageSize));
  const isOwn = ownDatasetOf(dataset) !== undefined;
  const { runs = defaultRuns(), experts = defaultExperts(), notebooks: folder = 'notebooks' } = options;
  if (!isOwn && !(datasetNames as readonly string[]).includes(dataset))
    throw new RangeError(`There is no dataset '${String(dataset)}'; allowed are ${datasetNames.join(', ')}.`);
  const isStandard = profile === undefined && String(dataset) === committed.dataset;
  const ownFolder = isStandard ? '' : [profile, dataset].filter((part) => part !== undefined).join('-');
  const results = options.results ?? (process.env.HABA_RESULTS || path.join(committed.results, ownFolder));
  const settings = `${profile === undefined ? "each notebook's profile" : `profile ${profile}`}, ${dataset}`;
  const inPlace = path.resolve(results) === path.resolve(committed.results);
  if (inPlace && !isStandard) {
    throw new RangeError(
      `${results} holds what is committed, each notebook's profile on ${committed.dataset}, and this is ${settings}: ` +
        `name another folder with --results, or none for ${path.join(committed.results, ownFolder)}.`,
    );
  }
  const all = findNotebooks(folder);
  const chosen = only?.flatMap((wanted) => {
    const found = all.filter((file) => notebookName(file).startsWith(wanted));
    if (wanted !== '' && found.length > 0) return found;
    throw new RangeError(`There is no notebook '${wanted}'; there are ${all.map(notebookName).join(', ') || 'none'}.`);
  });
  return {
    settings,
    dataset,
    notebooks: all
      .filter((file) => chosen === undefined || chosen.includes(file))
      .map((source) => ({
        source,
        executed: inPlace ? source : path.join(results, 'notebooks', path.basename(source)),
      })),
    results,
    unfinished: path.join(results, 'unfinished'),
    runs,
    data,
    environment: {
      ...(profile === undefined ? {} : { HABA_PROFILE: profile }),
      HABA_DATASET: isOwn ? path.resolve(word) : dataset,
      ...(imageSize === undefined ? {} : { HABA_IMAGE_SIZE: String(imageSize) }),
      HABA_RESULTS: results,
      HABA_RUNS: runs,
      HABA_EXPERTS: experts,
      HABA_DATA: data,
      ...(workers === undefined ? {} : { HABA_WORKERS: String(workers) }),
    },
  };
}

/** Who is told how far the notebooks are. */
export interface ReproductionReporter {
  /** A notebook begins. */
  notebook(name: string): void;
  cell(cell: number, of: number): void;
  /** What the cell says last. */
  line(text: string): void;
  done(): void;
  /** It is done, and somebody saved it meanwhile. @param kept the executed notebook @param saved the one that was saved */
  keptBoth(kept: string, saved: string): void;
  /** @param reason which cell, which error @param unfinished the notebook as far as it came */
  failed(reason: string, unfinished: string): void;
}

/**
 * Executes the notebooks one after the other. A notebook replaces what it was by what it became only when it ends well;
 * where one fails, the next is begun, since none needs another. What was saved meanwhile, as in JupyterLab, is never replaced: the
 * executed notebook is then kept in a folder of its own.
 * @returns how many failed
 * @throws NotebookStopped when the signal aborts: what runs had done is stored, and the same plan again goes on from there
 */
export async function reproduce(
  { dataset, data, notebooks, results, unfinished, environment }: Reproduction,
  reporter: ReproductionReporter,
  signal?: AbortSignal,
): Promise<number> {
  // Said before anything runs: without it, notebooks go on with another dataset.
  if (dataset !== 'shapes' && !ownDatasetOf(dataset)) await obtainWithProgress(dataset, data);
  let failures = 0;
  mkdirSync(unfinished, { recursive: true });
  for (const { source, executed } of notebooks) {
    reporter.notebook(notebookName(source));
    const to = path.join(unfinished, path.basename(source));
    const before = contentOf(executed);
    try {
      await executeNotebook(source, {
        to,
        environment,
        signal,
        onCell: (cell, of) => reporter.cell(cell, of),
        onLine: (line) => reporter.line(line),
      });
      mkdirSync(path.dirname(executed), { recursive: true });
      const partial = `${executed}.partial`;
      copyFileSync(to, partial);
      const saved = contentOf(executed) !== before;
      // Moved at once after the look, not copied: nobody can save in between and lose it.
      const kept = saved ? freeName(path.join(results, 'executed', path.basename(source))) : executed;
      renameSync(partial, kept);
      rmSync(to);
      if (saved) reporter.keptBoth(kept, executed);
      else reporter.done();
    } catch (error) {
      if (!(error instanceof NotebookFailed)) {
        rmSync(to, { force: true });
        throw error;
      }
      failures += 1;
      reporter.failed(error.message, to);
    }
  }
  if (readdirSync(unfinished).length === 0) rmdirSync(unfinished);
  return failures;
}

/** Fingerprint of a file's content; undefined where there is none. */
function contentOf(file: string): string | undefined {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}

/** A file that is not there yet, called as given or so with a number: 'a.ipynb', 'a-2.ipynb'. */
function freeName(file: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const { dir, name, ext } = path.parse(file);
  let free = file;
  for (let number = 2; existsSync(free); number++) free = path.join(dir, `${name}-${number}${ext}`);
  return free;
}
