/** A matching loss's gradient against its own values nearby. */
import assert from 'node:assert/strict';
import type { MatchingLoss, MatchingStep } from '../../lib/matching/matching-loss';
import { disposeAll, mapParameters, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

/** The first gradient of an iteration whose draws follow from `seed`; the caller disposes of it. */
export async function firstStep(loss: MatchingLoss, parameters: Parameters, seed = 5): Promise<MatchingStep> {
  let first: MatchingStep | undefined;
  await loss.iteration(parameters, Random.stream(seed, 'test'), (step) => {
    if (first) disposeAll(step.gradients);
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
  parameters: Parameters,
  { tolerance = 0.005, change = 0.01 }: SlopeOptions = {},
): Promise<void> {
  const { loss: value, gradients } = await firstStep(loss, parameters);
  const random = Random.stream(11, 'test');
  const direction = mapParameters(gradients, (gradient) =>
    tf.tidy(() => gradient.mul(random.uniform(gradient.shape, 0, 2))),
  );
  const slope = tf.tidy(
    () =>
      tf.addN(Object.entries(gradients).map(([name, gradient]) => gradient.mul(direction[name]).sum())).dataSync()[0],
  );
  const step = (change * Math.abs(value)) / slope;
  const valueAt = async (length: number) => {
    const moved = mapParameters(parameters, (tensor, name) => tf.tidy(() => tensor.add(direction[name].mul(length))));
    const there = await firstStep(loss, moved);
    disposeAll(moved, there.gradients);
    return there.loss;
  };
  const difference = ((await valueAt(step)) - (await valueAt(-step))) / (2 * step);
  disposeAll(gradients, direction);
  assert.ok(Math.abs(difference - slope) <= tolerance * slope, `gradient says ${slope}, values say ${difference}`);
}
