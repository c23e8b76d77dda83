/** An unrolled student through hallucinators, with all gradients. */
import { createUnroll, type StudentBatch } from '../../matching/trajectory';
import { crossEntropy } from '../../networks/loss';
import type { Parameters } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { looseTolerance, type Comparison, type GoldenCase } from './golden-case';
import { goldenNetwork } from './golden-network';
import { goldenSet, learnableOf, together, unflatten } from './golden-set';

export function replayTrajectoryMatching(golden: GoldenCase): Comparison[] {
  const learnable = learnableOf(golden, '');
  const set = goldenSet(golden, learnable);
  const network = goldenNetwork(golden, [...set.imageShape]);
  const parametersOf = (name: string) => unflatten(golden, network, golden.tensor(name));
  const [start, target] = [parametersOf('start'), parametersOf('target')];
  const which = golden.tensor('which').dataSync();
  const batches = golden
    .tensor<tf.Tensor2D>('order')
    .arraySync()
    .map(
      (items, step): StudentBatch => ({
        items: tf.tensor1d(items, 'int32'),
        hallucinators: tf.fill([items.length], which[step], 'int32'),
        labels: tf.tensor1d([...set.labels(items)], 'int32'),
        draws: {},
      }),
    );
  const unroll = createUnroll({ set, network, augmentation: { draw: () => ({}), apply: (images) => images } });
  const { value, gradients } = unroll.full({ learnable, start, target, batches });

  let student = start;
  const losses = batches.map((batch) => {
    const loss = crossEntropy(network.apply(student, set.images(learnable.set, batch)), batch.labels);
    student = unroll.studentStep(learnable, student, batch);
    return loss;
  });
  const [ours, expected] = [gradients, learnableOf(golden, 'grad.')].map(together);
  const finals = parametersOf('student_final');
  const flat = (parameters: Parameters) => tf.concat(Object.keys(start).map((name) => parameters[name].flatten()));
  return [
    { name: 'loss', ours: value, theirs: golden.tensor('loss') },
    { name: 'student_losses', ours: tf.stack(losses), theirs: golden.tensor('student_losses') },
    { name: 'student_final', ours: flat(student), theirs: flat(finals) },
    ...Object.keys(ours).map((name) => ({
      name: `grad.${name}`,
      ours: ours[name],
      theirs: expected[name],
      tolerance: looseTolerance,
    })),
  ];
}
