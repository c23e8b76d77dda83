/** Accuracy of a trained network on real images. */
import type { ImageSource } from '../data/image-source';
import type { Network } from '../networks/network';
import { compile, type Compiled } from '../tensor/compile';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';

export interface AccuracyOptions {
  /** Images classified at a time. Default 500. */
  batchSize?: number;
}

/** What is classified: images by number, and the class of each. */
type Classified = Pick<ImageSource, 'count' | 'batch'> & { labels: ImageSource['labels'] | Int32Array };

/** Measures the accuracy of parameters of one network on one source. */
export interface AccuracyMeter {
  /** @returns share of the source's images classified rightly, 0 to 1 */
  (parameters: Parameters): Promise<number>;
  dispose(): void;
}

type Inputs = { parameters: Parameters; images: tf.Tensor4D; labels: tf.Tensor1D };

/** Batches go through one compiled graph; between two of them the event loop runs, so that a stop is heard. */
export function accuracyMeter(
  network: Network,
  source: Classified,
  { batchSize = 500 }: AccuracyOptions = {},
): AccuracyMeter {
  const countRight: Compiled<Inputs, tf.Scalar> = compile(
    ({ parameters, images, labels }: Inputs) =>
      network.apply(parameters, images).argMax(1).toInt().equal(labels).toInt().sum().asScalar(),
    { name: `accuracy of ${network.name}` },
  );
  const measure = async (parameters: Parameters) => {
    let right = 0;
    for (let first = 0; first < source.count; first += batchSize) {
      const size = Math.min(batchSize, source.count - first);
      const indices = Int32Array.from({ length: size }, (_, index) => first + index);
      right += tf.tidy(() => {
        const labels = tf.tensor1d(Int32Array.from(source.labels.subarray(first, first + size)), 'int32');
        return countRight({ parameters, images: source.batch(indices), labels }).dataSync()[0];
      });
      await new Promise(setImmediate);
    }
    return right / source.count;
  };
  return Object.assign(measure, { dispose: () => countRight.dispose() });
}
