/** In which order tasks that share something run when several run at once. */
import type { ConfigurationInput } from '../distillation/configuration';
import { expertSettings } from '../distillation/expert-settings';
import { expertsName } from '../matching/experts/expert-identity';
import { canonicalJson } from '../files/canonical-json';
import { dataAtHand } from '../runs/data-at-hand';
import type { PlannedTask } from './executor';
import { estimateOneExpert, estimateTask, type FoundTask } from './look-up';
import { setTaskOf, type Places, type RunTask } from './task';

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
    for (const planned of await expertTasks(setTaskOf(task).input, found, places)) {
      const key = canonicalJson([planned.label, planned.estimate?.seconds ?? null]);
      if (!experts.has(key)) experts.set(key, planned);
      keys.push(key);
    }
    needed.push(keys);
  }
  const placeOf = new Map([...experts.keys()].map((key, place) => [key, place]));
  const makers = new Map<string, number>();
  const runs: PlannedTask[] = [];
  for (const [run, { label, task, found }] of wanted.entries()) {
    const after = needed[run].map((key) => placeOf.get(key)!);
    const maker = makers.get(found.folder);
    if (maker === undefined) makers.set(found.folder, experts.size + run);
    else if (!found.set) after.push(maker);
    runs.push({ label, task, places, after, estimate: await estimateTask(found, places) });
  }
  return [...experts.values(), ...runs];
}

/** Each expert that a configuration lacks, as a task. */
export async function expertTasks(
  input: ConfigurationInput,
  { made, experts }: Pick<FoundTask, 'made' | 'experts'>,
  places: Places,
): Promise<PlannedTask[]> {
  if (experts.length === 0) return [];
  const { dataset, whitening, holdOut } = made;
  const data = await dataAtHand(dataset, { data: places.data, whitening, holdOut });
  const name = expertsName(expertSettings(made, data));
  const estimate = await estimateOneExpert(made, places);
  return experts.map((expert) => ({
    label: `expert ${expert} of ${name}`,
    task: { kind: 'experts', input, only: [expert] },
    ...{ places, after: [], estimate },
  }));
}
