/**
 * The authors' first row: one basis a class and five hallucinators, which they count as one image a class and which store nearly two,
 * beside images at both counts, and bases of a single channel.
 */
import type { ConfigurationInput } from '../../distillation/configuration';
import { defaultSeeds, distillationCell, type QuestionCell, type QuestionSettings } from '../cells';

export const authorsRowKinds = ['images', 'HaBa', 'HaBa, single-channel'] as const;

export interface AuthorsRowFactors {
  kind: (typeof authorsRowKinds)[number];
  /** Images, or bases in colour's pixels, a class: as the paper counts, without hallucinators. */
  nominal: number;
  seed: number;
}

export interface AuthorsRowOptions {
  /**
   * 'authors': everything as the authors have it (profile `paper`: ZCA, 50 student steps, their rates and start) but what the options
   * below say; 'profile': trajectory matching as the profile has it. Default 'authors'; in the smoke profile always 'profile'.
   */
  recipe?: 'authors' | 'profile';
  /** Default all three. */
  kinds?: readonly AuthorsRowFactors['kind'][];
  /** Channels of ConvNet-3 and of the adversary. Default 32, a quarter of the authors'; 4 in the smoke profile; or the profile's own. */
  width?: number;
  /** Default 15,000, the authors'; 2 in the smoke profile; or the profile's own. */
  iterations?: number;
  /** Experts, of which the authors train 100. Default 20; 1 in the smoke profile; or the profile's own. */
  experts?: number;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

/** One basis a class and five hallucinators, as the authors have them. */
export const authorsHaba = { kind: 'haba', basesPerClass: 1, hallucinators: 5 } as const;

const sets: readonly [factors: Omit<AuthorsRowFactors, 'seed'>, set: NonNullable<ConfigurationInput['set']>][] = [
  [
    { kind: 'images', nominal: 1 },
    { kind: 'images', ipc: 1 },
  ],
  [{ kind: 'HaBa', nominal: 1 }, authorsHaba],
  [
    { kind: 'HaBa, single-channel', nominal: 1 },
    { ...authorsHaba, basesPerClass: 3, channels: 'single' },
  ],
  [
    { kind: 'images', nominal: 2 },
    { kind: 'images', ipc: 2 },
  ],
];

/** Each set under MTT by one recipe; students of all take equally many updates. */
export function authorsRow(
  { profile, dataset }: QuestionSettings,
  options: AuthorsRowOptions = {},
): QuestionCell<AuthorsRowFactors>[] {
  const { recipe = 'authors', kinds = authorsRowKinds, seeds = defaultSeeds(profile) } = options;
  const usual =
    profile === 'smoke'
      ? { width: 4, iterations: 2, experts: 1 }
      : recipe === 'authors'
        ? { width: 32, iterations: 15_000, experts: 20 }
        : {};
  const { width, iterations, experts } = { ...usual, ...options };
  const theirs: ConfigurationInput =
    profile === 'smoke' || recipe === 'profile'
      ? { profile }
      : { profile: 'paper', evaluation: { students: 3, updates: 1000 } };
  return seeds.flatMap((seed) =>
    sets
      .filter(([{ kind }]) => kinds.includes(kind))
      .map(([factors, set]) =>
        distillationCell<AuthorsRowFactors>(
          `${factors.kind}, nominal ${factors.nominal}, seed ${seed}`,
          { ...factors, seed },
          {
            ...theirs,
            ...{ dataset, seed, set },
            ...(iterations === undefined ? {} : { iterations }),
            ...(width === undefined
              ? {}
              : { network: { name: 'ConvNet', width }, constraints: { adversary: { width } } }),
            matching: { method: 'mtt', ...(experts === undefined ? {} : { experts: { count: experts } }) },
          },
        ),
      ),
  );
}
