/** What experts are trained with, and what makes them the same experts as others. */
import { z } from 'zod';
import { hashOf } from '../../files/canonical-json';
import { oneLine } from '../../files/one-line';

const settingSchema = z.union([z.string(), z.number(), z.boolean()]);
export type Setting = z.infer<typeof settingSchema>;

/** Everything that decides what an expert learns. How many there are, and of how many epochs, decides nothing: more can be added. */
export interface ExpertSettings {
  dataset: string;
  /** Of the dataset's images and labels. */
  checksum: string;
  whitening: string;
  /** Name, width, depth and so on. */
  network: Record<string, Setting>;
  augmentation: string;
  learningRate: number;
  momentum: number;
  weightDecay: number;
  batchSize: number;
  seed: number;
  /** Whether the images set apart for validation were left out of training. */
  holdOut: boolean;
}

/** The base that differences are told from; raised when a value of it must change. */
const baseName = 'experts@2';

/**
 * The settings of that base. A new option is added with the value that leaves training as it was, and re-keys nobody; a value that
 * is here stays.
 */
const base: Record<string, Setting> = {
  whitening: 'normalise',
  'network.name': 'ConvNet',
  'network.width': 128,
  'network.depth': 3,
  'network.normalisation': 'instance',
  'network.pooling': 'average',
  'network.activation': 'relu',
  augmentation: 'color_crop_cutout_flip_scale_rotate',
  learningRate: 0.01,
  momentum: 0,
  weightDecay: 0,
  batchSize: 256,
  seed: 0,
  holdOut: false,
};

export const identitySchema = z.object({
  base: z.literal(baseName),
  dataset: z.string(),
  checksum: z.string(),
  /** Settings that are not those of the base, e.g. `{ 'network.width': 32 }`. */
  differences: z.record(settingSchema),
});

/** Settings as differences from the base. */
export type ExpertsIdentity = z.infer<typeof identitySchema>;

export function identityOf({ dataset, checksum, network, ...others }: ExpertSettings): ExpertsIdentity {
  const ofNetwork = Object.entries(network).map(([key, value]) => [`network.${key}`, value] as const);
  const differences = [...Object.entries(others), ...ofNetwork].filter(
    ([key, value]) => value !== undefined && value !== base[key],
  );
  return { base: baseName, dataset, checksum, differences: Object.fromEntries(differences) };
}

/** What experts of these settings are called: their folder, and the owner that each of their files names. */
export function expertsName(settings: ExpertSettings): string {
  return `${settings.dataset}-${settings.whitening}-${settings.network.name}-${hashOf(identityOf(settings), 10)}`;
}

/** The first setting that differs, in words. */
export function firstDifference(found: ExpertsIdentity, wanted: ExpertsIdentity): string | undefined {
  const settings = ({ dataset, checksum, differences }: ExpertsIdentity): Record<string, Setting | undefined> => ({
    dataset,
    checksum,
    ...base,
    ...differences,
  });
  const [theirs, ours] = [settings(found), settings(wanted)];
  return Object.keys({ ...ours, ...theirs })
    .filter((key) => theirs[key] !== ours[key])
    .map((key) => `${oneLine(key, 60)} is ${spelled(theirs[key])} there, and ${spelled(ours[key])} here`)[0];
}

const spelled = (value: Setting | undefined) => (value === undefined ? 'not said' : oneLine(String(value), 60));
