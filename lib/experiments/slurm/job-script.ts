/** The batch script of a grid: the template, with what its options add. */
import path from 'node:path';
import { readText } from '../../files/open-file';
import { shellWord } from '../../files/shell-word';
import { habaProgram } from '../program';

export interface JobOptions {
  /** Where jobs go, as `sinfo` lists them. Default: the cluster's. */
  partition?: string;
  /** Time limit of a task, e.g. '2:00:00'. What takes longer keeps what is done when it is near, and is queued again. */
  time?: string;
  /** Of a task, e.g. '8G'. */
  memory?: string;
  /** GPUs of a task; with a type as 'a100:1'. */
  gpus?: number | string;
  /** Cores of a task, and so the threads that it computes with. Default, in the template: 1. */
  cpus?: number;
  /** For `module load`, e.g. ['nodejs/22', 'cuda/11.8']. */
  modules?: readonly string[];
  /** Any other options of sbatch, e.g. ['--account=vision', '--qos=long']. */
  sbatch?: readonly string[];
  /** File of a template. Default: HABA_SLURM where that is set, else lib/experiments/slurm/job.sh, which says how it is changed. */
  template?: string;
}

const defaultTemplate = path.join(__dirname, 'job.sh');

/**
 * @returns the text of the script; its one argument is a file of tasks, of which it does the line of SLURM_ARRAY_TASK_ID
 * @throws RangeError for an option that cannot be
 * @throws Error for a template that would do no task
 */
export function jobScript(options: JobOptions = {}): string {
  const file = options.template ?? (process.env.HABA_SLURM || defaultTemplate);
  const { node, loader, program, root } = habaProgram();
  const places: Record<string, string> = {
    sbatch: sbatchLines(options)
      .map((line) => `#SBATCH ${line}`)
      .join('\n'),
    modules: moduleLine(options.modules ?? []),
    ...{ project: shellWord(root), node: shellWord(node), loader: shellWord(loader), program: shellWord(program) },
  };
  const template = readText(file);
  const filled = template.replaceAll(/\{\{(\w*)\}\}/g, (place, name: string) => {
    if (Object.hasOwn(places, name)) return places[name];
    throw new Error(`${file}: ${place} means nothing; allowed are ${named(Object.keys(places))}.`);
  });
  const needed = [
    'program',
    ...Object.keys(places).filter((name) => ['sbatch', 'modules'].includes(name) && places[name]),
  ];
  const missing = needed.filter((name) => !template.includes(`{{${name}}}`));
  if (missing.length === 0) return filled;
  throw new Error(
    `${file} lacks ${named(missing)}, in whose place the script would say it; ${defaultTemplate} shows how.`,
  );
}

const named = (names: readonly string[]) => names.map((name) => `{{${name}}}`).join(', ');

function sbatchLines({ partition, time, memory, gpus, cpus, sbatch = [] }: JobOptions): string[] {
  if (cpus !== undefined && (!Number.isSafeInteger(cpus) || cpus < 1))
    throw new RangeError(`slurm: 'cpus' is ${cpus}; allowed is a whole number of at least 1.`);
  const given: [name: string, value: number | string | undefined][] = [
    ['partition', partition],
    ['time', time],
    ['mem', memory],
    ['gres', gpus === undefined ? undefined : `gpu:${gpus}`],
    ['cpus-per-task', cpus],
  ];
  const lines = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  for (const line of sbatch) {
    if (!line.startsWith('-'))
      throw new RangeError(`slurm: '${line}' is no option of sbatch; expected is e.g. '--qos=long'.`);
    lines.push(line);
  }
  const broken = lines.find((line) => /[\r\n]/.test(line));
  if (broken !== undefined) throw new RangeError(`slurm: ${JSON.stringify(broken)} is more than one line.`);
  return lines;
}

const moduleLine = (modules: readonly string[]) =>
  modules.length === 0 ? '' : `module load ${modules.map(shellWord).join(' ')} || exit 1`;
