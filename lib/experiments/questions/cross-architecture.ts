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
  /** Default the paper's: ConvNet, ResNet18, VGG11, AlexNet. */
  networks?: readonly Configuration['network']['name'][];
  /** Kinds of set. Default images and HaBa. */
  kinds?: readonly SetKind[];
  /** How students are trained; of every network and set alike. Default: see {@link recipes}. */
  evaluation?: Partial<Configuration['evaluation']>;
}

/** ResNet18 costs seventy times what a narrow ConvNet-3 does: on a CPU fewer epochs, with more steps in each. */
const recipes: Record<Configuration['profile'], Partial<Configuration['evaluation']>> = {
  smoke: { students: 1, epochs: 2 },
  quick: { students: 2, epochs: 60, batchSize: 32 },
  paper: {},
};

/** Students of each network on sets distilled with DM on ConvNet, and on random real images; all by one recipe. */
export function crossArchitecture(
  { profile, dataset }: QuestionSettings,
  options: ArchitectureOptions = {},
): GridCell<ArchitectureFactors>[] {
  const { imagesPerClass = profile === 'smoke' ? 3 : 10, networks = ['ConvNet', 'AlexNet', 'VGG11', 'ResNet18'] } =
    options;
  const { kinds = ['images', 'HaBa'], evaluation = recipes[profile] } = options;
  const common = { profile, dataset };
  const sets = setsAtBudget({ ...shapeOf(dataset), imagesPerClass }).filter(({ kind }) => kinds.includes(kind));
  return networks.flatMap((name) => [
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
  ]);
}
