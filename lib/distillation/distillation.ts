/** The training loop: bases and hallucinators follow the matching loss and L_cos, the adversary follows them. */
import type { PreparedDataset } from '../data/image-source';
import { createAugmentation } from '../data/dsa';
import { createDistilledSet } from '../factorization/create-distilled-set';
import type { DistilledSet } from '../factorization/distilled-set';
import { createMatchingLoss } from '../matching/create-matching-loss';
import type { MatchingStep } from '../matching/matching-loss';
import { createNetwork } from '../networks/create-network';
import { zeroVelocity } from '../tensor/optimiser';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import type { Configuration } from './configuration';
import { createConstraintStep } from './constraint-step';
import { expertSettings } from './expert-settings';
import { expertsAdvice } from './experts-command';
import { partwiseStep } from './partwise-step';

/** Everything a run consists of between two iterations; what a checkpoint stores. */
export interface DistillationState {
  /** Iterations done. */
  iteration: number;
  /** Bases, hallucinators, and learnable parameters of the matching loss. */
  parameters: Parameters;
  velocity: Parameters;
  /** Parameters of the adversary; empty where nothing constrains hallucinators. */
  adversary: Parameters;
  adversaryVelocity: Parameters;
}

export interface IterationMetrics {
  /** The iteration that was done, from 1. */
  iteration: number;
  /** Task loss, averaged over the updates of the iteration. */
  loss: number;
  /** L_cos, from 0 (opposite) to 1 (identical). */
  cosine?: number;
  /** The adversary's objective. */
  adversaryLoss?: number;
  /** The learnable step size of trajectory matching. */
  stepSize?: number;
  seconds: number;
}

export interface Distillation {
  readonly set: DistilledSet;
  /** The state before the first iteration; the caller owns its tensors. */
  start(): DistillationState;
  /** One iteration. Takes over the tensors of the state it is given, and returns the next one. */
  iterate(state: DistillationState): Promise<{ state: DistillationState; metrics: IterationMetrics }>;
  /** Frees compiled graphs. */
  dispose(): void;
}

export interface DistillationOptions {
  /** Folder of expert trajectories, for trajectory matching. Default: results/experts. */
  experts?: string;
}

/** Builds set, network, matching loss and constraints for a configuration and its data. */
export function createDistillation(
  configuration: Configuration,
  data: PreparedDataset,
  { experts }: DistillationOptions = {},
): Distillation {
  const source = data.train;
  const { imageShape, classCount } = source;
  const { compile } = configuration;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount });
  const augmentation = createAugmentation(configuration.augmentation);
  const matching = createMatchingLoss(configuration.matching, {
    set,
    data,
    network,
    augmentation,
    expertSettings: expertSettings(configuration, data),
    experts,
    expertsAdvice: expertsAdvice(configuration, { experts }),
    compile,
  });
  const constraints =
    set.hallucinatorCount > 1 ? createConstraintStep(set, { ...configuration.constraints, compile }) : undefined;

  return {
    set,
    start() {
      const { seed } = configuration;
      const parameters = { ...set.init(Random.stream(seed, 'set'), source), ...matching.init() };
      const adversary = constraints?.init(Random.stream(seed, 'adversary')) ?? {};
      return {
        iteration: 0,
        parameters,
        velocity: zeroVelocity(parameters),
        adversary,
        adversaryVelocity: zeroVelocity(adversary),
      };
    },
    async iterate(before) {
      const began = performance.now();
      // Every iteration has a stream of its own: its number is all that a checkpoint must know.
      const random = Random.stream(configuration.seed, 'iteration', before.iteration);
      let { parameters, velocity, adversary, adversaryVelocity } = before;
      const sums = { loss: 0, cosine: 0, adversaryLoss: 0 };
      await matching.iteration(parameters, random, ({ loss, gradients }: MatchingStep) => {
        sums.loss += loss;
        const pushed = constraints?.step({ parameters, adversary, adversaryVelocity }, random);
        const next = partwiseStep(parameters, [gradients, pushed?.gradients ?? {}], velocity, configuration);
        disposeAll(parameters, velocity, gradients, pushed?.gradients ?? {});
        ({ parameters, velocity } = next);
        if (pushed) {
          disposeAll(adversary, adversaryVelocity);
          ({ adversary, adversaryVelocity } = pushed);
          sums.cosine += pushed.cosine;
          sums.adversaryLoss += pushed.adversaryLoss;
        }
        return parameters;
      });
      const iteration = before.iteration + 1;
      const updates = matching.updatesPerIteration;
      const metrics: IterationMetrics = {
        iteration,
        loss: sums.loss / updates,
        seconds: (performance.now() - began) / 1000,
      };
      if (constraints) {
        metrics.cosine = sums.cosine / updates;
        metrics.adversaryLoss = sums.adversaryLoss / updates;
      }
      if ('stepSize' in parameters) metrics.stepSize = parameters.stepSize.dataSync()[0];
      return {
        state: { iteration, parameters, velocity, adversary, adversaryVelocity },
        metrics,
      };
    },
    dispose() {
      matching.dispose();
      constraints?.dispose();
    },
  };
}
