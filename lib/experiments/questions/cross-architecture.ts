/** RQ3: does what was distilled on one network teach others? */
import type { Configuration } from '../../distillation/configuration';
import type { GridCell } from '../grid';
import { baselineCell, evaluationCell, type QuestionSettings } from './cells';
import { setsAtBudget, type SetKind } from './sets-at-budget';
import { shapeOf } from './storage-efficiency';

export interface ArchitectureFactors {
  kind: SetKind | 'random real images';
  network: Configuration['network']['name'];
}

export interface ArchitectureOptions {
  /** Of all sets, in images per class. Default 10; 3 in the smoke profile. */
  imagesPerClass?: number;
  /** Default the paper's: ConvNet, ResNet18, VGG11, AlexNet; the first two in the smoke profile. */
  networks?: readonly Configuration['network']['name'][];
  /** Kinds of set. Default images and HaBa. */
  kinds?: readonly SetKind[];
  /** How students are trained, of every network and set alike. Default: {@link recipeOf} each network. */
  evaluation?: Partial<Configuration['evaluation']>;
}

type Evaluation = Configuration['evaluation'];

const recipes: Record<Configuration['profile'], Partial<Evaluation>> = {
  smoke: { students: 1, epochs: 2 },
  quick: { students: 2, epochs: 60, batchSize: 32 },
  paper: {},
};

/** What a network needs to learn in a short time on a CPU. */
const ownRecipes: Partial<Record<Configuration['network']['name'], Partial<Evaluation>>> = {
  // Costs seventy times what a narrow ConvNet-3 does.
  ResNet18: { epochs: 40 },
  // With batches of 10 or 32 it stays at chance, with all images in one it learns at once.
  VGG11: { batchSize: 256 },
};

/** How students of a network are trained: on every set alike, so that sets are comparable, and networks are not. */
function recipeOf(network: Configuration['network']['name'], profile: Configuration['profile']): Partial<Evaluation> {
  return { ...recipes[profile], ...(profile === 'quick' ? ownRecipes[network] : {}) };
}

/** Students of each network on sets distilled with DM on ConvNet, and on random real images; all sets of a network by one recipe. */
export function crossArchitecture(
  { profile, dataset }: QuestionSettings,
  options: ArchitectureOptions = {},
): GridCell<ArchitectureFactors>[] {
  const smoke = profile === 'smoke';
  const {
    imagesPerClass = smoke ? 3 : 10,
    networks = smoke ? ['ConvNet', 'ResNet18'] : ['ConvNet', 'ResNet18', 'VGG11', 'AlexNet'],
    kinds = ['images', 'HaBa'],
  } = options;
  const common = { profile, dataset };
  const sets = setsAtBudget({ ...shapeOf(dataset), imagesPerClass }).filter(({ kind }) => kinds.includes(kind));
  return networks.flatMap((name) => {
    const { evaluation = recipeOf(name, profile) } = options;
    return [
      baselineCell<ArchitectureFactors>(
        `random real images, ${name}`,
        { kind: 'random real images', network: name },
        { ...common, baseline: 'random', ipc: imagesPerClass, network: { name }, evaluation },
      ),
      ...sets.map(({ kind, set }) =>
        evaluationCell<ArchitectureFactors>(
          `${kind}, ${name}`,
          { kind, network: name },
          { ...common, matching: { method: 'dm' }, set },
          { network: { name }, evaluation },
        ),
      ),
    ];
  });
}
