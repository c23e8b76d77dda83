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
  /** Of all sets, in images per class. Default 10. */
  imagesPerClass?: number;
  /** Default the paper's: ConvNet, ResNet18, VGG11, AlexNet. */
  networks?: readonly Configuration['network']['name'][];
  /** Kinds of set. Default images and HaBa. */
  kinds?: readonly SetKind[];
  /** How students are trained; of every network and set alike. Default: the profile's. */
  evaluation?: Partial<Configuration['evaluation']>;
}

/** Students of each network on sets distilled with DM on ConvNet, and on random real images; all by one recipe. */
export function crossArchitecture(
  { profile, dataset }: QuestionSettings,
  options: ArchitectureOptions = {},
): GridCell<ArchitectureFactors>[] {
  const { imagesPerClass = 10, networks = ['ConvNet', 'AlexNet', 'VGG11', 'ResNet18'] } = options;
  const { kinds = ['images', 'HaBa'], evaluation = {} } = options;
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
