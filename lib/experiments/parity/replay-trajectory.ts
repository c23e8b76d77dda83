/** An unrolled student through hallucinators, with all gradients. */
import { createDistilledSet } from '../../factorization/create-distilled-set';
import { createUnroll, type StudentBatch } from '../../matching/trajectory';
import { crossEntropy } from '../../networks/loss';
import type { Parameters } from '../../tensor/parameters';
import { addPrefix } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { fromPyTorch, pytorchShapes } from './formula-parameters';
import { looseTolerance, required, type Comparison, type GoldenCase } from './golden-case';
import { goldenNetwork } from './golden-network';
import { hallucinatorParameters } from './hallucinator-layout';

export function replayTrajectoryMatching(golden: GoldenCase): Comparison[] {
  const learnable = learnableOf(golden, '');
  const { 'hallucinators.enc.weight': encoder, 'hallucinators.dec.weight': decoder, bases } = learnable;
  const [hallucinators, kernelSize, , , middleChannels] = encoder.shape;
  const [, height, width, channels] = bases.shape;
  const imageShape: [number, number, number] = [height, width, decoder.shape[3]!];
  const classCount = required(golden, 'classes');
  const set = createDistilledSet({
    kind: 'haba',
    imageShape,
    classCount,
    basesPerClass: bases.shape[0] / classCount,
    channels: channels === imageShape[2] ? 'colour' : 'single',
    hallucinators,
    kernelSize,
    middleChannels,
  });
  const network = goldenNetwork(golden, imageShape);
  const shapes = golden.config.params ?? pytorchShapes(network);
  const unflatten = (vector: tf.Tensor): Parameters => {
    const sizes = shapes.map(([, shape]) => tf.util.sizeFromShape(shape));
    const parts = tf.split(vector as tf.Tensor1D, sizes);
    return fromPyTorch(network, Object.fromEntries(shapes.map(([name, shape], k) => [name, parts[k].reshape(shape)])));
  };
  const [start, target] = [unflatten(golden.tensor('start')), unflatten(golden.tensor('target'))];
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
    const loss = crossEntropy(network.apply(student, set.images(learnable, batch)), batch.labels);
    student = unroll.studentStep(learnable, student, batch);
    return loss;
  });
  const expected = learnableOf(golden, 'grad.');
  const finals = unflatten(golden.tensor('student_final'));
  const flat = (parameters: Parameters) => tf.concat(Object.keys(start).map((name) => parameters[name].flatten()));
  return [
    { name: 'loss', ours: value, theirs: golden.tensor('loss') },
    { name: 'student_losses', ours: tf.stack(losses), theirs: golden.tensor('student_losses') },
    { name: 'student_final', ours: flat(student), theirs: flat(finals) },
    ...Object.keys(learnable).map((name) => ({
      name: `grad.${name}`,
      ours: gradients[name],
      theirs: expected[name],
      tolerance: looseTolerance,
    })),
  ];
}

/** Bases, hallucinators and step size, or their gradients, under our names. */
function learnableOf(golden: GoldenCase, prefix: string): Parameters {
  const count = new Set(
    golden.names.map((name) => /^hallucinators\.(\d+)\./.exec(name)?.[1]).filter((found) => found !== undefined),
  ).size;
  const prefixes = Array.from({ length: count }, (_, place) => `${prefix}hallucinators.${place}.`);
  return {
    bases: golden.images(`${prefix}bases`),
    ...addPrefix(hallucinatorParameters(golden, prefixes), 'hallucinators.'),
    stepSize: golden.tensor(`${prefix}lr`),
  };
}
