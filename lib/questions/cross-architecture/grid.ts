/** RQ3: does what was distilled on one network teach others? */
import type { Configuration } from '../../distillation/configuration';
import { defaultMethod, type MatchingInput } from '../../matching/methods';
import { createNetwork } from '../../networks/create-network';
import { networkFamily, type NetworkInput, type NetworkOptions } from '../../networks/network-families';
import {
  baselineCell,
  defaultSeeds,
  evaluationCell,
  matchingOf,
  whiteningBeside,
  type QuestionCell,
  type QuestionSettings,
  type StudentsInput,
} from '../cells';
import { dataOf, comparedSets, usualBudget, type SetKind, type SetsAtBudgetOptions } from '../sets-at-budget';

export interface ArchitectureFactors {
  kind: SetKind | 'random real images';
  /** Its label, with the options that were given. */
  network: string;
  seed: number;
}

export interface ArchitectureOptions {
  /**
   * Of all sets, in images per class. Default 10; 5 in the study profile, 3 in the smoke profile; or as many as the smallest class of
   * one's own has.
   */
  imagesPerClass?: number;
  /** Default the paper's: ConvNet, ResNet18, VGG11, AlexNet, without those that images are too small for; the first two in the smoke profile. */
  networks?: readonly (NetworkOptions['name'] | NetworkInput)[];
  /** Kinds of set. Default images and HaBa, with a single channel where no basis in colour fits. */
  kinds?: readonly SetKind[];
  /** What distillations are matched by, with its options, e.g. `{ method: 'mtt' }`. Default DM; in the study and paper profiles MTT. */
  matching?: MatchingInput;
  /**
   * How students are trained, of every network and set alike; what is below about their length, number and rate is not read then.
   * Default: {@link recipeOf} each network.
   */
  evaluation?: StudentsInput;
  /** Factor on the updates of those recipes, e.g. 3 where a GPU affords it. Default 1. */
  lengthened?: number;
  /** Students of each network on a set, in place of those recipes' number: one, where further seeds say more than further students. */
  students?: number;
  /**
   * Of students of other families than ConvNet, by its name: a rate that a set has learned is ConvNet's. Default 0.01, by which AlexNet
   * falls to chance on images by MTT (notebook 03 gives 0.003); in the paper profile the loss's own, as the authors have it.
   */
  learningRates?: Readonly<Record<string, number>>;
  /** Of the distillations, and all else in them. Default 0, 1, 2; 0 and 1 in the smoke profile. */
  seeds?: readonly number[];
}

// Quick's, on validation images, ten images a class by DM, seed 0, one student: ConvNet 33.2, 37.0 and 38.9 % after 120, 240 and 480
// updates, AlexNet 22.2, 22.7 and 29.4; VGG11 26.6, 32.1 and 34.3 after 30, 60 and 120 of its own batches; ResNet18 15.3
// and 21.1 after 80 and 160: it has more to learn than this affords.
// In the floats of one image by MTT, images and HaBa of a single channel, seed 0, one student: ConvNet 25.6 and 33.4 % after 480 updates,
// 26.5 and 32.8 after 1,440; VGG11 27.5 and 27.3 after 120, 30.3 and 28.2 after 360, 31.0 and 30.2 after 720; ResNet18 28.3 and 28.3 after
// 160, 30.8 and 29.0 after 320; AlexNet after 480 by a rate of 0.01 10.0 and 24.7, by 0.003 27.2 and 27.8, by 0.001 25.2 and 26.6.
const recipes: Record<Configuration['profile'], StudentsInput> = {
  smoke: { students: 1, updates: 2 },
  quick: { students: 2, updates: 480, batchSize: 32 },
  study: { students: 3, updates: 1000, batchSize: 32 },
  paper: {},
};

/** What a network needs to learn in a short time on a CPU. */
const ownRecipes: Partial<Record<Configuration['profile'], Partial<Record<string, StudentsInput>>>> = {
  quick: {
    // Costs seventy times what a narrow ConvNet-3 does.
    ResNet18: { updates: 160 },
    // With batches of 10 or 32 it stays at chance, with all images in one it learns at once.
    VGG11: { updates: 120, batchSize: 256 },
  },
  study: { ResNet18: { updates: 320 }, VGG11: { updates: 300, batchSize: 256 } },
};

/** Sets are distilled on it, with the profile's options. */
export const madeOn = 'ConvNet';

/**
 * How students of a network are trained: on every set alike, so that sets are comparable, and networks are not; but for ConvNet's rate,
 * which under MTT is the one learned with each set (0.01 on real images).
 */
function recipeOf(
  network: string,
  profile: Configuration['profile'],
  options: Pick<ArchitectureOptions, 'lengthened' | 'students' | 'learningRates'>,
): StudentsInput {
  // By the rate that MTT had learned for ConvNet, AlexNet's students diverged.
  const usualRate = profile === 'paper' ? undefined : 0.01;
  const { lengthened = 1, students, learningRates: { [network]: learningRate = usualRate } = {} } = options;
  const recipe: StudentsInput = {
    ...recipes[profile],
    ...(network === madeOn || learningRate === undefined ? {} : { learningRate }),
    ...ownRecipes[profile]?.[network],
    ...(students === undefined ? {} : { students }),
  };
  if (lengthened === 1) return recipe;
  if (recipe.updates === undefined)
    throw new RangeError(
      `crossArchitecture: 'lengthened' is ${lengthened}, and profile '${profile}' gives the length of students in epochs; give 'evaluation' instead.`,
    );
  return { ...recipe, updates: Math.round(lengthened * recipe.updates) };
}

/** E.g. 'ConvNet, width 64'. */
function labelOf(name: string, choices: object): string {
  const { label = name } = networkFamily(name);
  return [label, ...Object.entries(choices).map(([option, value]) => `${option} ${String(value)}`)].join(', ');
}

/** Whether images are large enough for a network. */
function takes(name: NetworkOptions['name'], { imageShape, classCount }: Omit<SetsAtBudgetOptions, 'imagesPerClass'>) {
  try {
    createNetwork({ name, imageShape, classCount });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Students of each network on sets distilled on ConvNet, and on random real images; all sets of a network by one recipe. */
export function crossArchitecture(
  { profile, dataset }: QuestionSettings,
  options: ArchitectureOptions = {},
): QuestionCell<ArchitectureFactors>[] {
  const smoke = profile === 'smoke';
  const data = dataOf(dataset);
  const usual = smoke ? (['ConvNet', 'ResNet18'] as const) : (['ConvNet', 'ResNet18', 'VGG11', 'AlexNet'] as const);
  const {
    imagesPerClass = usualBudget({ smoke: 3, quick: 10, study: 5, paper: 10 }[profile], data),
    networks = usual.filter((name) => takes(name, data)),
    kinds,
    matching = matchingOf(defaultMethod(profile)),
    seeds = defaultSeeds(profile),
  } = options;
  for (const name of Object.keys(options.learningRates ?? {})) {
    if (networkFamily(name).name === madeOn)
      throw new RangeError(
        `crossArchitecture: 'learningRates' has '${name}', whose students take the rate of the set; give 'evaluation' instead.`,
      );
  }
  const sets = comparedSets({ ...data, imagesPerClass, profile, kinds });
  const whitening = whiteningBeside({ profile, dataset }, matching);
  return seeds.flatMap((seed) =>
    networks.flatMap((chosen) => {
      const { name = 'ConvNet', ...choices }: NetworkInput =
        typeof chosen === 'string' ? ({ name: chosen } as NetworkInput) : chosen;
      const network = { name, ...choices } as NetworkInput;
      const label = labelOf(name, choices);
      const { evaluation = recipeOf(name, profile, options) } = options;
      const common = { profile, dataset, seed };
      return [
        baselineCell<ArchitectureFactors>(
          `random real images, ${label}, seed ${seed}`,
          { kind: 'random real images', network: label, seed },
          { ...common, ...whitening, baseline: 'random', ipc: imagesPerClass, network, evaluation },
        ),
        ...sets.map(({ kind, set }) =>
          evaluationCell<ArchitectureFactors>(
            `${kind}, ${label}, seed ${seed}`,
            { kind, network: label, seed },
            { ...common, matching, set },
            { network, evaluation },
          ),
        ),
      ];
    }),
  );
}
