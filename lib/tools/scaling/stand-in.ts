/**
 * What stands in for data and experts where only time and memory are measured: of the same shapes and numbers, and of no meaning.
 * Nothing of it is kept, and its checksum is of no dataset, so that no run takes it for the real thing.
 */
import { shapeOf } from '../../data/dataset-names';
import type { ImageSplit } from '../../data/dataset';
import { labelsOf } from '../../data/dataset';
import type { PreparedDataset } from '../../data/image-source';
import { prepareDataset } from '../../data/prepare';
import { whitenedSource } from '../../data/whitened-source';
import { zcaOf } from '../../data/zca';
import type { Configuration } from '../../distillation/configuration';
import { expertFiles } from '../../matching/experts/expert-files';
import { expertsName } from '../../matching/experts/expert-identity';
import { expertSettings } from '../../matching/experts/expert-settings';
import { expertsFolder, writeManifest } from '../../matching/experts/experts-folder';
import { neededEpochs } from '../../matching/experts/needed-epochs';
import type { TrajectoryOptions } from '../../matching/mtt';
import { createNetwork } from '../../networks/create-network';
import { disposeAll, mapParameters } from '../../tensor/parameters';
import { Random } from '../../tensor/random';
import { tf } from '../../tensor/tensorflow';
import type { DataSize } from './rows';

/** Random pixels in place of a configuration's dataset; with ZCA, the identity in place of the fitted matrix. */
export function standInData({ dataset, whitening }: Configuration, size: DataSize): PreparedDataset {
  const { imageShape, classCount } = shapeOf(dataset);
  const splitOf = (count: number): ImageSplit => ({
    images: randomBytes(count * tf.util.sizeFromShape([...imageShape])),
    labels: labelsOf(
      Array.from({ length: count }, (_, place) => place % classCount),
      classCount,
    ),
    count,
  });
  const parts = {
    name: dataset,
    imageShape,
    classNames: Array.from({ length: classCount }, (_, label) => String(label)),
    train: splitOf(size.train),
    test: splitOf(size.test),
    mean: imageShape.slice(2).map(() => 0.5),
    deviation: imageShape.slice(2).map(() => 0.25),
    isMeasured: false,
    checksum: 'random pixels, to measure time',
  };
  const data = prepareDataset(parts, { whitening: 'normalise' });
  return whitening === 'zca' ? withZca(data) : data;
}

/** Drawn once and repeated: what the pixels are changes no time. */
function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let filled = Math.min(count, 2 ** 16);
  bytes.set(Random.stream(0, 'stand-in pixels').integers(filled, 256));
  for (; filled < count; filled *= 2) bytes.copyWithin(filled, 0, Math.min(filled, count - filled));
  return bytes;
}

function withZca(data: PreparedDataset): PreparedDataset {
  const pixels = tf.util.sizeFromShape([...data.train.imageShape]);
  const zca = zcaOf({
    'zca.mean': tf.zeros([pixels]),
    'zca.matrix': tf.eye(pixels),
    'zca.inverse': tf.eye(pixels),
  });
  return {
    ...data,
    whitening: 'zca',
    train: whitenedSource(data.train, zca),
    test: whitenedSource(data.test, zca),
    dispose() {
      zca.dispose();
      data.dispose();
    },
  };
}

/** Writes one expert: an untrained network, each of whose epochs is the one before with noise on it. */
export function writeStandInExpert(
  configuration: Configuration,
  options: TrajectoryOptions,
  data: PreparedDataset,
  experts: string,
): void {
  const settings = expertSettings(options.experts, configuration, data);
  const folder = expertsFolder(settings, experts);
  const { imageShape, classCount } = data.train;
  const random = Random.stream(0, 'stand-in expert');
  let parameters = createNetwork({ ...configuration.network, imageShape, classCount }).init(random);
  const files = expertFiles({ folder, experts: expertsName(settings), expert: 0 });
  for (let epoch = 0; epoch <= neededEpochs(options); epoch++) {
    files.writeEpoch(epoch, parameters);
    const moved = tf.tidy(() =>
      mapParameters(parameters, (tensor) => tensor.add(random.normal(tensor.shape).mul(0.01))),
    );
    disposeAll(parameters);
    parameters = moved;
  }
  disposeAll(parameters);
  writeManifest(folder, settings);
}
