/** Who makes the runs of a command: this process, workers, a cluster, or nobody. */
import { Option, type Command } from 'commander';
import type { ExecutorChoice } from '../experiments/grid';
import { wholeNumber, words, type PlaceFlags } from './flags';

export interface WorkerFlags {
  workers?: number;
  threads?: number;
  slurm?: boolean;
  sbatch?: string[];
  runsPerTask?: number;
  stored?: boolean;
}

/** Processes that runs are divided among; the threads are then those of each. */
export function workersOption(): Option {
  return new Option(
    '--workers <number>',
    'processes that runs are divided among, by default HABA_WORKERS, else none beside this one; threads are divided, too',
  ).argParser(wholeNumber);
}

/** A cluster that runs are given to; threads are then the cores of a task. */
export function withSlurm(command: Command): Command {
  return command
    .option('--slurm', 'submit runs to Slurm, and watch them; Ctrl-C leaves them to it')
    .addOption(sbatchOption())
    .addOption(runsPerTaskOption());
}

export function sbatchOption(): Option {
  return new Option(
    '--sbatch <option>',
    'any option of sbatch, e.g. --sbatch=--partition=gpu (repeatable); others are in the template that HABA_SLURM names',
  ).argParser(words);
}

export function runsPerTaskOption(): Option {
  return new Option(
    '--runs-per-task <number>',
    'that Slurm starts, one after the other in one process; for runs of some seconds; by default 1',
  ).argParser(wholeNumber);
}

/** Who executes a grid: a cluster or workers where they were asked for, else as by default. */
export async function executorOf({
  workers,
  threads,
  slurm: isSlurm,
  sbatch,
  runsPerTask,
  stored,
  report,
}: WorkerFlags & { report?: string[][] }): Promise<ExecutorChoice | undefined> {
  for (const [flag, value] of Object.entries({ '--sbatch': sbatch, '--runs-per-task': runsPerTask })) {
    if (!isSlurm && value !== undefined)
      throw new RangeError(`'${flag}' says how Slurm runs what it is given: add --slurm.`);
  }
  if (stored && (isSlurm || workers !== undefined))
    throw new RangeError("'--stored' makes nothing: leave --slurm and --workers out.");
  if (stored) return (await import('../experiments/executor')).storedOnly;
  if (!isSlurm) return workers === undefined ? undefined : { workers, threads };
  if (workers !== undefined)
    throw new RangeError("'--workers' are on this machine, '--slurm' is elsewhere: leave one out.");
  const { slurm } = await import('../experiments/slurm/slurm');
  return slurm({ cpus: threads, sbatch, runsPerTask, report });
}

export function storedOption(): Option {
  return new Option('--stored', 'make nothing: the table of what is stored, or what of it is missing');
}

/** Flags that say who makes runs, and not which. */
const executing = ['workers', 'threads', 'slurm', 'sbatch', 'runsPerTask', 'stored'];

/** A command again, with the same settings, where its runs are stored. */
function commandOfStored(verb: string, flags: PlaceFlags & WorkerFlags): string[] {
  const settings = Object.entries(flags).filter(([name]) => !executing.includes(name));
  const words = settings.flatMap(([name, value]) => [value].flat().map((one) => `--${name}=${String(one)}`));
  return [verb, ...words, '--stored'];
}

/** What the cluster writes when nobody watches any more: what the command itself would in the end, and the page of all runs. */
export function reportOf(verb: string, flags: PlaceFlags & WorkerFlags): string[][] {
  const { runs } = flags;
  return [commandOfStored(verb, flags), ['runs', 'page', ...(runs === undefined ? [] : [`--runs=${runs}`])]];
}
