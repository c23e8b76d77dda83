/** The rows of the paper's table: what each is configured with, and how large the data are that it is made for. */
import type { LibraryDatasetName } from '../../data/formats';
import type { ProfileName } from '../../settings/profile-names';
import { configure, type Configuration, type ConfigurationInput } from '../../distillation/configuration';
import { parameterisationOf } from '../../factorization/parameterisations';
import { matchingMethodOf } from '../../matching/methods';

/** Images of a dataset's two splits. */
export interface DataSize {
  train: number;
  test: number;
}

export interface ScalingRow {
  /** As tables have them. */
  dataset: string;
  loss: string;
  set: string;
  /** Images a class as the paper counts them: of bases alone, and three of one channel as one. */
  nominal: number;
  configuration: Configuration;
  size: DataSize;
}

/** The paper's datasets; of SVHN without its extra images. */
const datasets = {
  cifar10: { label: 'CIFAR-10', train: 50_000, test: 10_000 },
  cifar100: { label: 'CIFAR-100', train: 50_000, test: 10_000 },
  svhn: { label: 'SVHN', train: 73_257, test: 26_032 },
} satisfies Partial<Record<LibraryDatasetName, DataSize & { label: string }>>;

type PaperDataset = keyof typeof datasets;

interface Part {
  method: string;
  datasets: readonly PaperDataset[];
  /** Images a class as the paper counts them. */
  nominal: readonly number[];
}

/** Trajectory matching is the paper's own; the other losses are compared on CIFAR-10, and DC, the slowest, on its smaller sets. */
const parts: readonly Part[] = [
  { method: 'mtt', datasets: ['cifar10', 'cifar100', 'svhn'], nominal: [1, 10, 50] },
  { method: 'dm', datasets: ['cifar10'], nominal: [1, 10, 50] },
  { method: 'dc', datasets: ['cifar10'], nominal: [1, 10] },
];

type SetInput = NonNullable<ConfigurationInput['set']>;

function setsAt(nominal: number): SetInput[] {
  return [
    { kind: 'images', ipc: nominal },
    ...(nominal === 1 ? [{ kind: 'haba', basesPerClass: 3, channels: 'single' } as const] : []),
    { kind: 'haba', basesPerClass: nominal },
  ];
}

/** @param profile that the rows are configured with. Default 'paper' */
export function scalingRows(profile: ProfileName = 'paper'): ScalingRow[] {
  return parts.flatMap(({ method, datasets: where, nominal: sizes }) =>
    where.flatMap((dataset) =>
      sizes.flatMap((nominal) =>
        setsAt(nominal).map((set) => {
          const input = { profile, dataset, set, matching: { method } } as ConfigurationInput;
          return scalingRow(input, { nominal, size: datasets[dataset], label: datasets[dataset].label });
        }),
      ),
    ),
  );
}

/** A row of any configuration. @param label of the dataset */
export function scalingRow(
  input: ConfigurationInput,
  { nominal, size, label }: { nominal: number; size: DataSize; label: string },
): ScalingRow {
  const configuration = configure(input);
  const { set, matching } = configuration;
  const single = 'channels' in set && set.channels === 'single';
  return {
    dataset: label,
    loss: matchingMethodOf(matching.method).label,
    set: `${parameterisationOf(set.kind).label}${single ? ', single-channel' : ''}`,
    nominal,
    configuration,
    size: { train: size.train, test: size.test },
  };
}

/** E.g. 'CIFAR-10, MTT, HaBa, 10'. */
export function nameOfRow({ dataset, loss, set, nominal }: ScalingRow): string {
  return [dataset, loss, set, nominal].join(', ');
}

/**
 * The rows of a profile whose names match.
 * @param pattern a regular expression, e.g. 'CIFAR-10, MTT'. Default: all
 * @throws RangeError where it is none, or none matches
 */
export function chosenRows({ profile, pattern }: { profile?: ProfileName; pattern?: string } = {}): ScalingRow[] {
  const rows = scalingRows(profile);
  if (pattern === undefined) return rows;
  const wanted = regularExpression(pattern);
  const chosen = rows.filter((row) => wanted.test(nameOfRow(row)));
  if (chosen.length > 0) return chosen;
  throw new RangeError(`No row matches '${pattern}'; there are: ${rows.map(nameOfRow).join('; ')}.`);
}

function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'i');
  } catch {
    throw new RangeError(`'${pattern}' is no regular expression; give a part of a row's name, e.g. 'CIFAR-10, MTT'.`);
  }
}
