/** Numbers that papers report, to stand beside ours: never taken for ours, never without where they were read. */
import { whatMatters, type Claim } from '../verdict';

export interface PublishedAccuracy {
  dataset: 'cifar10' | 'cifar100' | 'svhn';
  /** As tables and figures call it. */
  method: string;
  /** Images per class as the paper counts them. */
  nominalImagesPerClass: number;
  /** What is stored, in images per class, hallucinators included; for the other methods as nominal. */
  imagesPerClass: number;
  /** Fraction. */
  accuracy: number;
  /** Where the number was read. */
  source: string;
}

/** Five hallucinators of 5,568 floats on ten classes of 3,072-float images. */
const hallucinatorsOnTenClasses = (5 * 5568) / 30720;
const nominal = [1, 10, 50] as const;

function published(
  dataset: PublishedAccuracy['dataset'],
  method: string,
  source: string,
  percents: readonly (number | undefined)[],
  beside = 0,
): PublishedAccuracy[] {
  return percents.flatMap((percent, place) =>
    percent === undefined
      ? []
      : [
          {
            dataset,
            method,
            nominalImagesPerClass: nominal[place],
            imagesPerClass: nominal[place] + beside,
            accuracy: percent / 100,
            source,
          },
        ],
  );
}

const autoPalette = 'AutoPalette (arXiv 2411.11329)';

/**
 * Test accuracy of ConvNet-3 of width 128 at 1, 10 and 50 nominal images per class. Rows of HaBa and MTT are quotations by later
 * papers; what nobody has checked against a paper is left out. On CIFAR-100 five hallucinators are 0.09 images per class.
 */
export const publishedAccuracies: readonly PublishedAccuracy[] = [
  ...published('cifar10', 'random real images', autoPalette, [14.4, 26.0, 43.4]),
  ...published('cifar10', 'DC', 'DatasetCondensation README', [28.3, 44.9, 53.9]),
  ...published('cifar10', 'DSA', 'DatasetCondensation README', [28.8, 52.1, 60.6]),
  ...published('cifar10', 'DM', autoPalette, [26.0, 48.9, 63.0]),
  ...published('cifar10', 'MTT', 'GSDD (arXiv 2509.26219)', [46.3, 65.3, 71.6]),
  ...published('cifar10', 'IDC', 'IDC README', [50.6, 67.5, 74.5]),
  ...published(
    'cifar10',
    'HaBa on MTT',
    `GSDD (arXiv 2509.26219); ${autoPalette}`,
    [48.3, 69.9, 74.0],
    hallucinatorsOnTenClasses,
  ),
  ...published('cifar100', 'DC', 'DatasetCondensation README', [12.8, 25.2]),
  ...published('cifar100', 'DSA', 'DatasetCondensation README', [13.9, 32.3]),
  ...published('cifar100', 'DM', autoPalette, [11.4, 29.7, 43.6]),
  ...published('cifar100', 'MTT', 'GSDD (arXiv 2509.26219)', [24.3, 40.1, 47.7]),
  ...published(
    'cifar100',
    'HaBa on MTT',
    `GSDD (arXiv 2509.26219); ${autoPalette}`,
    [33.4, 40.2, 47.0],
    hallucinatorsOnTenClasses / 10,
  ),
  ...published('svhn', 'DC', 'DatasetCondensation README', [31.2, 76.1, 82.3]),
  ...published('svhn', 'DSA', 'DatasetCondensation README', [27.5, 79.2, 84.4]),
  ...published('svhn', 'IDC', 'IDC README', [68.5, 87.5, 90.1]),
];

/**
 * How far HaBa is ahead of stored images where papers train both alike, at equal nominal images per class, where HaBa stores its
 * hallucinators beside them.
 */
export interface PublishedLead {
  dataset: PublishedAccuracy['dataset'];
  nominalImagesPerClass: number;
  /** Whether the loss is trajectory matching, or another one. */
  trajectories: boolean;
  /** Fraction. */
  lead: number;
  source: string;
}

/** All under one loss, IDC's gradient matching: a container's gain by itself. */
const oneLoss = 'HMN (ECCV 2024), one loss for all';

export const publishedLeads: readonly PublishedLead[] = [
  ...publishedAccuracies.flatMap(({ dataset, method, nominalImagesPerClass, accuracy, source }) => {
    const images = publishedAccuracies.find(
      (one) => one.dataset === dataset && one.method === 'MTT' && one.nominalImagesPerClass === nominalImagesPerClass,
    );
    if (method !== 'HaBa on MTT' || !images) return [];
    return [{ dataset, nominalImagesPerClass, trajectories: true, lead: accuracy - images.accuracy, source }];
  }),
  ...[11.8, 3.5, 2.9].map((points, place) => ({
    dataset: 'cifar10' as const,
    nominalImagesPerClass: nominal[place],
    trajectories: false,
    lead: points / 100,
    source: oneLoss,
  })),
];

export interface LeadRow extends Pick<PublishedLead, 'nominalImagesPerClass' | 'trajectories'> {
  dataset?: string;
  /** Whether our two sets store as many floats, which papers' do not: then the source says so. */
  atEqualFloats: boolean;
}

/** What a claim of HaBa's lead over images is held to, in points: the published one, where none is at hand what would matter. */
export function leadToTell(row: LeadRow): Pick<Claim, 'states' | 'effect' | 'source' | 'unit'> {
  const published = publishedLeads.find(
    (one) =>
      one.dataset === row.dataset &&
      one.nominalImagesPerClass === row.nominalImagesPerClass &&
      one.trajectories === row.trajectories,
  );
  const points = { states: 'direction', unit: 'points' } as const;
  if (!published) return { ...points, effect: whatMatters.points };
  const source = row.atEqualFloats ? `${published.source}; at equal nominal images` : published.source;
  return { ...points, effect: 100 * published.lead, source };
}
