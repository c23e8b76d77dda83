/** Every matching loss on images and on HaBa, at equal stored floats, beside random real images. */
import { configure, type ConfigurationInput } from '../distillation/configuration';
import { makeExperts } from '../runs/make-experts';
import { run, runBaseline } from '../runs/run';
import type { RunOptions } from '../runs/context';
import type { RunResult } from '../runs/train-students';

export const comparedMethods = ['dm', 'dc', 'dsa', 'mtt'] as const;

export interface ComparisonInput extends Pick<ConfigurationInput, 'profile' | 'dataset' | 'seed'> {
  /** Default: all four. */
  methods?: readonly (typeof comparedMethods)[number][];
  /** Images stored per class. Default 10. */
  ipc?: number;
  /** Bases per class that take no more floats than the images. Default 9, with five hallucinators. */
  basesPerClass?: number;
}

export interface ComparedRun {
  /** E.g. 'MTT, HaBa'. */
  label: string;
  result: RunResult;
  /** That training the experts took, which the runs of MTT share. */
  expertSeconds?: number;
}

/** Each run is stored and resumed as any other; experts that are missing are trained first. */
export async function compareMethods(input: ComparisonInput, options: RunOptions = {}): Promise<ComparedRun[]> {
  const { methods = comparedMethods, ipc = 10, basesPerClass = 9, ...common } = input;
  // A name that there is not is refused before hours of work, not after.
  for (const method of methods) configure({ ...common, matching: { method } });
  const random = await runBaseline({ ...common, baseline: 'random', ipc }, options);
  const rows: ComparedRun[] = [{ label: 'random real images', result: random }];
  for (const method of methods) {
    const sets: [label: string, set: ConfigurationInput['set']][] = [
      ['images', { kind: 'images', ipc }],
      ['HaBa', { kind: 'haba', basesPerClass, hallucinators: 5 }],
    ];
    for (const [label, set] of sets) {
      const configuration: ConfigurationInput = { ...common, matching: { method }, set };
      const experts = method === 'mtt' ? await makeExperts(configuration, options) : undefined;
      const result = await run(configuration, options);
      rows.push({ label: `${method.toUpperCase()}, ${label}`, result, expertSeconds: experts?.seconds });
    }
  }
  return rows;
}
