/** A matching loss's gradient against its own values nearby. */
import assert from 'node:assert/strict';
import type { MatchingLoss, MatchingParameters, MatchingStep } from '../../lib/matching/matching-loss';
import { mapParameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

/** The first gradient of an iteration whose draws follow from `seed`; the caller disposes of it. */
export async function firstStep(loss: MatchingLoss, parameters: MatchingParameters, seed = 5): Promise<MatchingStep> {
  let first: MatchingStep | undefined;
  await loss.iteration(parameters, Random.stream(seed, 'test'), (step) => {
    if (first) tf.dispose(step.gradients);
    first ??= step;
    return parameters;
  });
  return first!;
}

interface SlopeOptions {
  /** Of the slope. Default 0.005. */
  tolerance?: number;
  /** Share of the loss by which the two values differ from it. Default 0.01: kinks need less, rounding more. */
  change?: number;
}

/**
 * Compares the slope along a direction with the difference of two values. The direction is the gradient with each element
 * weighed at random, so that every element has a say and the slope stays far above rounding.
 */
export async function assertSlope(
  loss: MatchingLoss,
  parameters: MatchingParameters,
  { tolerance = 0.005, change = 0.01 }: SlopeOptions = {},
): Promise<void> {
  const { loss: value, gradients } = await firstStep(loss, parameters);
  const random = Random.stream(11, 'test');
  const direction = mapBoth(gradients, (gradient) => gradient.mul(random.uniform(gradient.shape, 0, 2)));
  const slope = tf.tidy(() => {
    const products = mapBoth(gradients, (gradient, name, part) => gradient.mul(direction[part][name]).sum());
    return tf.addN([...Object.values(products.set), ...Object.values(products.method)]).dataSync()[0];
  });
  const step = (change * Math.abs(value)) / slope;
  const valueAt = async (length: number) => {
    const moved = mapBoth(parameters, (tensor, name, part) => tensor.add(direction[part][name].mul(length)));
    const there = await firstStep(loss, moved);
    tf.dispose([moved, there.gradients]);
    return there.loss;
  };
  const difference = ((await valueAt(step)) - (await valueAt(-step))) / (2 * step);
  tf.dispose([gradients, direction]);
  assert.ok(Math.abs(difference - slope) <= tolerance * slope, `gradient says ${slope}, values say ${difference}`);
}

/** Of the set and of the method, each in a scope of its own. */
function mapBoth(
  { set, method }: MatchingParameters,
  each: (tensor: tf.Tensor, name: string, part: 'set' | 'method') => tf.Tensor,
): MatchingParameters {
  const map = (part: 'set' | 'method') =>
    mapParameters({ set, method }[part], (tensor, name) => tf.tidy(() => each(tensor, name, part)));
  return { set: map('set'), method: map('method') };
}
