/** Some steps of an expert's training, really run, beside what was estimated of them. */
import { loadavg } from 'node:os';
import { createAugmentation } from '../../data/dsa';
import { firstOf } from '../../data/subset-source';
import type { Configuration } from '../../distillation/configuration';
import { estimatePreparation } from '../../distillation/estimate';
import { expertSettings } from '../../matching/experts/expert-settings';
import { trainExperts } from '../../matching/experts/train-experts';
import type { TrajectoryOptions } from '../../matching/mtt';
import { createNetwork } from '../../networks/create-network';
import { peakMemory } from '../../tensor/memory';
import type { MeasureOptions } from './measure-run';
import type { ExpertMeasurement } from './measurement';
import { standInData } from './stand-in';

/** Of a short epoch: enough that its writing down, once an epoch, is little beside them, as it is in a whole one. */
const steps = 8;
/** Short epochs after the one that warms up. */
const epochs = 2;

/** @param configuration of trajectory matching */
export async function measureExpert(
  configuration: Configuration,
  { size, experts }: Pick<MeasureOptions, 'size' | 'experts'>,
): Promise<ExpertMeasurement> {
  const [load] = loadavg();
  const data = standInData(configuration, size);
  try {
    const estimate = estimatePreparation(configuration, data);
    const options = configuration.matching as unknown as TrajectoryOptions;
    const { imageShape, classCount } = data.train;
    const count = Math.min(steps * options.experts.batchSize, data.train.count);
    const train = firstOf(data.train, count);
    let [warmed, ended] = [0, 0];
    await trainExperts({
      settings: expertSettings(options.experts, configuration, data),
      data: { ...data, train },
      network: createNetwork({ ...configuration.network, imageShape, classCount }),
      augmentation: createAugmentation(configuration.augmentation),
      count: 1,
      epochs: 1 + epochs,
      experts,
      onEpoch(done) {
        ended = performance.now();
        if (done === 1) warmed = ended;
      },
    });
    return {
      imageSeconds: (ended - warmed) / 1000 / (epochs * count),
      ...(estimate && {
        estimatedImageSeconds: estimate.seconds / (options.experts.epochs * size.train),
        estimatedBytes: estimate.bytes,
      }),
      peakBytes: peakMemory(),
      load,
    };
  } finally {
    data.dispose();
  }
}
