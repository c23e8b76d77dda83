/** A set draws the views of its batches itself, under every loss: by default evenly, or as its kind says. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createAugmentation } from '../../lib/data/dsa';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import type { Decoder, DistilledSet } from '../../lib/factorization/distilled-set';
import { registerParameterisation } from '../../lib/factorization/parameterisations';
import { distributionMatching } from '../../lib/matching/distribution';
import { gradientMatching } from '../../lib/matching/gradient';
import type { MatchingLoss, MatchingStep } from '../../lib/matching/matching-loss';
import { trajectoryMatching } from '../../lib/matching/trajectory';
import { createNetwork } from '../../lib/networks/create-network';
import { useBackend } from '../../lib/tensor/backend';
import { withExecution } from '../../lib/tensor/execution';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { smallSource } from '../small-source';
import { lowRankSet } from '../factorization/low-rank';

before(() => useBackend());

const source = smallSource({ perClass: 20 });
const inputs = { imageShape: source.imageShape, classCount: 2 };
const network = createNetwork({ name: 'ConvNet', width: 2, depth: 1, ...inputs });
const augmentation = createAugmentation('none');

/** Views of the batches that were decoded. */
let seen: number[][] = [];
const create = (kind: string, draw?: Decoder['draw']): DistilledSet =>
  createDistilledSet({
    ...registerParameterisation({
      ...lowRankSet,
      kind,
      label: kind,
      create(options, shape) {
        const decoder = lowRankSet.create(options, shape);
        return {
          ...decoder,
          views: 3,
          draw,
          images(parameters, choice) {
            seen.push([...choice.hallucinators.dataSync()]);
            return decoder.images(parameters, choice);
          },
        };
      },
    })({ ipc: 3, rank: 2 }),
    ...inputs,
  } as DistilledSetOptions);

const losses: Record<string, (set: DistilledSet) => MatchingLoss> = {
  dm: (set) => distributionMatching({ set, source, network, augmentation, realBatch: 2 }),
  dsa: (set) =>
    gradientMatching({
      set,
      source,
      network,
      augmentation,
      realBatch: 2,
      outerLoops: 2,
      innerLoops: 1,
      networkBatch: 4,
    }),
  mtt: (set) =>
    trajectoryMatching({
      ...{ set, network, augmentation, studentSteps: 2, studentBatch: 3, unroll: 'full' },
      segment: (random) => ({ start: network.init(random), target: network.init(random) }),
    }),
};

/** What an iteration decodes. */
async function viewsOf(set: DistilledSet, loss: MatchingLoss): Promise<number[][]> {
  const parameters = { set: set.init(Random.stream(1), source), method: { stepSize: tf.scalar(0.1) } };
  seen = [];
  const update = ({ gradients }: MatchingStep) => {
    tf.dispose(gradients);
    return parameters;
  };
  await withExecution('eager', async () => loss.iteration(parameters, Random.stream(2), update));
  tf.dispose(parameters);
  loss.dispose();
  return seen;
}

for (const [method, createLoss] of Object.entries(losses)) {
  test(`${method}: every view as often as any other, unless the set says which`, async () => {
    const even = create('even');
    const [counts, views] = [[0, 0, 0], (await viewsOf(even, createLoss(even))).flat()];
    for (const view of views) counts[view] += 1;
    assert.deepEqual(counts, Array<number>(3).fill(views.length / 3));

    // As the authors' code: one view for a whole batch. Items and random numbers are what the loss has drawn.
    const asked: number[][] = [];
    const one = create('one-view', (random, items) => {
      asked.push([...items]);
      return new Int32Array(items.length).fill(1 + random.integer(2));
    });
    const batches = await viewsOf(one, createLoss(one));
    assert.ok(batches.length > 0 && asked.length > 0);
    for (const batch of batches) {
      assert.deepEqual(batch, Array<number>(batch.length).fill(batch[0]));
      assert.ok(batch[0] === 1 || batch[0] === 2);
    }
    for (const items of asked) assert.equal(new Set(items).size, items.length);
  });
}

test('what draws too few views, or one that there is not, is told so', () => {
  const refused = (draw: Decoder['draw'], message: RegExp) =>
    assert.throws(() => create('odd-draw', draw).draw(Random.stream(0), Int32Array.of(0, 1)), message);
  refused(
    () => new Int32Array(1),
    /`draw` of the kind 'odd-draw' returned 1 views; expected 2, one for each item, from 0 to 2/,
  );
  refused(() => Int32Array.of(0, 3), /returned 2 views, 3 among them; expected 2/);
});
