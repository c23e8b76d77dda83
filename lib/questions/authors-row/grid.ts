/**
 * The authors' first row at their own length: one basis a class and five hallucinators, which they count as one image a class and which
 * store nearly two, beside images at both counts, and bases of a single channel.
 */
import type { ConfigurationInput } from '../../distillation/configuration';
import { defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';

export interface AuthorsRowFactors {
  kind: 'images' | 'HaBa' | 'HaBa, single-channel';
  /** Images, or bases in colour's pixels, a class: as the paper counts, without hallucinators. */
  nominal: number;
  seed: number;
}

export interface AuthorsRowOptions {
  /** Channels of ConvNet-3 and of the adversary. Default 32, a quarter of the authors'; 4 in the smoke profile. */
  width?: number;
  /** Default 15,000, the authors'; 2 in the smoke profile. */
  iterations?: number;
  /** Experts, of which the authors train 100. Default 20; 1 in the smoke profile. */
  experts?: number;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

const sets: readonly [factors: Omit<AuthorsRowFactors, 'seed'>, set: NonNullable<ConfigurationInput['set']>][] = [
  [
    { kind: 'images', nominal: 1 },
    { kind: 'images', ipc: 1 },
  ],
  [
    { kind: 'HaBa', nominal: 1 },
    { kind: 'haba', basesPerClass: 1, hallucinators: 5 },
  ],
  [
    { kind: 'HaBa, single-channel', nominal: 1 },
    { kind: 'haba', basesPerClass: 3, hallucinators: 5, channels: 'single' },
  ],
  [
    { kind: 'images', nominal: 2 },
    { kind: 'images', ipc: 2 },
  ],
];

/**
 * Each set under MTT with everything as the authors have it (profile `paper`: ZCA, 50 student steps, their rates and start) but the
 * network's width, the number of experts and the students, who all take equally many updates.
 */
export function authorsRow(
  { profile, dataset }: QuestionSettings,
  options: AuthorsRowOptions = {},
): QuestionCell<AuthorsRowFactors>[] {
  const smoke = profile === 'smoke';
  const {
    width = smoke ? 4 : 32,
    iterations = smoke ? 2 : 15_000,
    experts: count = smoke ? 1 : 20,
    seeds = defaultSeeds(profile),
  } = options;
  const theirs: ConfigurationInput = smoke
    ? { profile }
    : { profile: 'paper', evaluation: { students: 3, updates: 1000 } };
  return seeds.flatMap((seed) =>
    sets.map(([factors, set]) =>
      distillationCell<AuthorsRowFactors>(
        `${factors.kind}, nominal ${factors.nominal}, seed ${seed}`,
        { ...factors, seed },
        {
          ...theirs,
          dataset,
          seed,
          set,
          iterations,
          network: { name: 'ConvNet', width },
          constraints: { adversary: { width } },
          matching: { method: 'mtt', experts: { count } },
        },
      ),
    ),
  );
}
