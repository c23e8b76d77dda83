/** In which order tasks that share something run when several run at once. */
import type { ConfigurationInput } from '../distillation/configuration';
import type { Estimate } from '../distillation/estimate';
import type { PlannedTask } from './executor';
import { estimatePart, estimateTask, type FoundTask } from './look-up';
import { setTaskOf, type Places, type RunTask, type SetTask } from './task';

/** A run of a grid, and what of it is there. */
export interface WantedRun {
  label: string;
  task: RunTask;
  found: FoundTask;
}

/**
 * The tasks that lead to runs: experts that sets need, each once, one a task, before the runs that match them; and runs of one set,
 * with other students, after the first of them, which makes it.
 * @returns experts first, then the runs in their order
 */
export async function planRuns(wanted: readonly WantedRun[], places: Places): Promise<PlannedTask[]> {
  const experts = new Map<string, PlannedTask>();
  const needed: string[][] = [];
  for (const { task, found } of wanted) {
    const keys: string[] = [];
    for (const planned of await expertTasks(inputOf(setTaskOf(task), found), found, places)) {
      if (!experts.has(planned.label)) experts.set(planned.label, planned);
      keys.push(planned.label);
    }
    needed.push(keys);
  }
  const placeOf = new Map([...experts.keys()].map((key, place) => [key, place]));
  const makers = new Map<string, number>();
  const runs: PlannedTask[] = [];
  const estimates = await estimatesOf(wanted, places);
  for (const [run, { label, task, found }] of wanted.entries()) {
    const after = needed[run].map((key) => placeOf.get(key)!);
    const maker = makers.get(found.folder);
    if (maker === undefined) makers.set(found.folder, experts.size + run);
    else if (!found.set) after.push(maker);
    runs.push({ label, task, places, after, estimate: estimates[run] });
  }
  return [...experts.values(), ...runs];
}

/** What each run will take: where several are of one set, it is the first that makes it. */
export async function estimatesOf(
  wanted: readonly Pick<WantedRun, 'found'>[],
  places: Places,
): Promise<(Estimate | undefined)[]> {
  const made = new Set<string>();
  const estimates: (Estimate | undefined)[] = [];
  for (const { found } of wanted) {
    const isLater = made.has(found.folder);
    made.add(found.folder);
    estimates.push(await estimateTask(isLater ? { ...found, set: true, students: true } : found, places));
  }
  return estimates;
}

/** What experts of a set are asked for with: a baseline's own settings are none of a configuration. */
function inputOf(task: SetTask, { made }: FoundTask): ConfigurationInput {
  return task.kind === 'run' ? task.input : (made as ConfigurationInput);
}

/** Each expert that a configuration lacks, as a task. */
export async function expertTasks(
  input: ConfigurationInput,
  { made, left }: Pick<FoundTask, 'made' | 'left'>,
  places: Places,
): Promise<PlannedTask[]> {
  if (left === undefined) return [];
  const estimate = await estimatePart(made, places);
  return left.parts.map((expert) => ({
    label: `expert ${expert} of ${left.of}`,
    task: { kind: 'experts', input, only: [expert] },
    ...{ places, after: [], estimate },
  }));
}
