/** The distilled set that a golden case speaks of, and parameters that it stores as one vector. */
import { createDistilledSet } from '../../factorization/create-distilled-set';
import type { DistilledSet } from '../../factorization/distilled-set';
import type { MatchingParameters } from '../../matching/matching-loss';
import type { Network } from '../../networks/network';
import { addPrefix, type Parameters } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { fromPyTorch, pytorchShapes } from './formula-parameters';
import { required, type GoldenCase } from './golden-case';
import { hallucinatorParameters } from './hallucinator-layout';

/** Bases, hallucinators and step size under our names, from the case's names led by `prefix`: '', 'grad.' or 'final.'. */
export function learnableOf(golden: GoldenCase, prefix: string): MatchingParameters {
  const count = new Set(
    golden.names.map((name) => /^hallucinators\.(\d+)\./.exec(name)?.[1]).filter((found) => found !== undefined),
  ).size;
  const prefixes = Array.from({ length: count }, (_, place) => `${prefix}hallucinators.${place}.`);
  return {
    set: {
      bases: golden.images(`${prefix}bases`),
      ...addPrefix(hallucinatorParameters(golden, prefixes), 'hallucinators.'),
    },
    method: { stepSize: golden.tensor(`${prefix}lr`) },
  };
}

/** Both in one record. */
export function together({ set, method }: MatchingParameters): Parameters {
  return { ...set, ...method };
}

/** The set that such parameters belong to. */
export function goldenSet(golden: GoldenCase, { set }: MatchingParameters): DistilledSet {
  const { 'hallucinators.enc.weight': encoder, 'hallucinators.dec.weight': decoder, bases } = set;
  const [hallucinators, kernelSize, , , middleChannels] = encoder.shape;
  const [, height, width, channels] = bases.shape;
  const imageShape: [number, number, number] = [height, width, decoder.shape[3]!];
  const classCount = required(golden, 'classes');
  return createDistilledSet({
    kind: 'haba',
    imageShape,
    classCount,
    basesPerClass: bases.shape[0] / classCount,
    channels: channels === imageShape[2] ? 'colour' : 'single',
    hallucinators,
    kernelSize,
    middleChannels,
  });
}

/** A network's parameters from the vector of all of them, in PyTorch's order. */
export function unflatten(golden: GoldenCase, network: Network, vector: tf.Tensor): Parameters {
  const shapes = golden.config.params ?? pytorchShapes(network);
  const sizes = shapes.map(([, shape]) => tf.util.sizeFromShape(shape));
  const parts = tf.split(vector as tf.Tensor1D, sizes);
  return fromPyTorch(network, Object.fromEntries(shapes.map(([name, shape], k) => [name, parts[k].reshape(shape)])));
}
