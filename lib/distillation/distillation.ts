/** The training loop: bases and hallucinators follow the matching loss and L_cos, the adversary follows them. */
import type { ImageSource, PreparedDataset } from '../data/image-source';
import { createAugmentation } from '../data/dsa';
import { createAdversary } from '../factorization/adversary';
import { createDistilledSet } from '../factorization/create-distilled-set';
import type { DistilledSet, PreparationWork } from '../factorization/distilled-set';
import type { DataShape } from '../factorization/parameterisation';
import { withLearnedLabels } from '../factorization/soft-labels';
import type { MatchingStep } from '../matching/matching-loss';
import { initLearned, learnedBeside, learnedParts, matchingMethodOf } from '../matching/methods';
import { createNetwork } from '../networks/create-network';
import { zeroVelocity } from '../tensor/optimiser';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';
import { createConstraints, isConstrained } from './constraint-step';
import { jointUpdate, type JointState } from './joint-update';
import { requireOptimisers, startVelocity } from './partwise-step';

/** Everything a run consists of between two iterations; what a checkpoint stores. */
export interface DistillationState extends JointState {
  /** Iterations done. */
  iteration: number;
}

export interface IterationMetrics {
  /** The iteration that was done, from 1. */
  iteration: number;
  /** Task loss, averaged over the updates of the iteration. */
  loss: number;
  /** L_cos, from 0 (opposite) to 1 (identical), averaged likewise; absent where it weighs nothing. */
  cosine?: number;
  /** The adversary's objective, likewise; absent where it takes no steps. */
  adversaryLoss?: number;
  seconds: number;
  /** Each scalar that the matching method learns, by its name, e.g. `stepSize` of trajectory matching. */
  [learned: string]: number | undefined;
}

export interface Distillation {
  readonly set: DistilledSet;
  /** The state before the first iteration, and before the set's preparation; the caller owns its tensors. */
  start(): DistillationState;
  /** Begins what the set's start still takes; undefined where that is nothing. */
  prepare(): (PreparationWork & { readonly name: string; readonly steps: number }) | undefined;

  /**
   * One iteration. Takes over the tensors of the state it is given, also where it fails, and returns the next one.
   * @param signal stops it within a step; then the state that was given stays the caller's
   * @throws what `signal` holds, when it is aborted
   */
  iterate(
    state: DistillationState,
    signal?: AbortSignal,
  ): Promise<{ state: DistillationState; metrics: IterationMetrics }>;
  /** Frees compiled graphs. */
  dispose(): void;
}

export interface DistillationOptions {
  /** Folder of expert trajectories, for trajectory matching. Default: results/experts. */
  experts?: string;
  /** Folder of datasets, where one was named: what is advised where experts are missing names it, too. */
  dataFolder?: string;
}

/** Builds set, network, matching loss and constraints for a configuration and its data. */
export function createDistillation(
  configuration: Configuration,
  data: PreparedDataset,
  { experts, dataFolder }: DistillationOptions = {},
): Distillation {
  const source = data.train;
  const { imageShape, classCount } = source;
  const network = createNetwork({ ...configuration.network, imageShape, classCount });
  const set = createSet(configuration, source);
  const { tensors } = set;
  const augmentation = createAugmentation(configuration.augmentation);
  const { matching: options, optimisers } = configuration;
  const learned = learnedBeside(options.method);
  const surroundings = configuration;
  const matching = matchingMethodOf(options.method).create(options, {
    set,
    data,
    source,
    network,
    augmentation,
    surroundings,
    experts,
    dataFolder,
  });
  const constraints = isConstrained(configuration.constraints, set.views)
    ? createConstraints({
        ...configuration.constraints,
        set,
        network: createAdversary({ imageShape, classCount, ...configuration.constraints.adversary }),
        augmentation,
      })
    : undefined;
  const parts = { set: tensors, method: learnedParts(options) };

  return {
    set,
    start() {
      const { seed } = configuration;
      const items = startOf(set, configuration, source);
      const beside = initLearned(options, set);
      const adversary = constraints?.init(Random.stream(seed, 'adversary')) ?? {};
      return {
        iteration: 0,
        set: { parameters: items, velocity: startVelocity(items, { tensors, optimisers }) },
        method: { parameters: beside, velocity: startVelocity(beside, { tensors: parts.method, optimisers }) },
        adversary: { parameters: adversary, velocity: zeroVelocity(adversary) },
      };
    },
    prepare() {
      if (set.preparation === undefined) return undefined;
      const { name, steps } = set.preparation;
      return { name, steps, ...set.preparation.begin(Random.stream(configuration.seed, 'set'), source) };
    },
    async iterate(before, signal) {
      const began = performance.now();
      // Every iteration has a stream of its own: its number is all that a checkpoint must know.
      const { iteration: done, ...given } = before;
      const random = Random.stream(configuration.seed, 'iteration', done);
      const values = { loss: [] as number[], cosine: [] as number[], adversaryLoss: [] as number[] };
      let state: JointState = given;
      try {
        const update = ({ loss, gradients }: MatchingStep) => {
          try {
            signal?.throwIfAborted();
            const next = tf.tidy(() => {
              const game = constraints && { constraints, batches: constraints.draw(random, values.loss.length) };
              return jointUpdate(state, gradients, { game, parts, optimisers });
            });
            if (state !== given) releaseState(state);
            state = next.state;
            values.loss.push(loss);
            if (next.cosine !== undefined) values.cosine.push(next.cosine);
            if (next.adversaryLoss !== undefined) values.adversaryLoss.push(next.adversaryLoss);
            return parametersOf(state);
          } finally {
            tf.dispose(gradients);
          }
        };
        await matching.iteration(parametersOf(state), random, update, signal);
      } catch (error) {
        if (state !== given) releaseState(state);
        if (!signal?.aborted) releaseState(given);
        throw error;
      }
      if (state !== given) releaseState(given);
      const metrics: IterationMetrics = {
        iteration: done + 1,
        loss: mean(values.loss),
        seconds: (performance.now() - began) / 1000,
      };
      if (values.cosine.length > 0) metrics.cosine = mean(values.cosine);
      if (values.adversaryLoss.length > 0) metrics.adversaryLoss = mean(values.adversaryLoss);
      for (const name of Object.keys(learned)) {
        const tensor = state.method.parameters[name];
        if (tensor.rank === 0) metrics[name] = tensor.dataSync()[0];
      }
      return { state: { iteration: done + 1, ...state }, metrics };
    },
    dispose() {
      matching.dispose();
      constraints?.dispose();
    },
  };
}

/** The set of a configuration, whose labels learn where they are said to. @throws RangeError where its parts do not go together */
function createSet(
  { set: given, labels, matching, optimisers }: Configuration,
  { imageShape, classCount }: DataShape,
): DistilledSet {
  const stored = createDistilledSet({ ...given, imageShape, classCount });
  const set = labels.kind === 'learned' ? withLearnedLabels(stored) : stored;
  requireOptimisers({ tensors: set.tensors, optimisers });
  requireApart(set, Object.keys(learnedBeside(matching.method)));
  return set;
}

/** The set as it begins; the caller owns its tensors. */
const startOf = (set: DistilledSet, { seed }: Configuration, source: ImageSource): Parameters =>
  set.init(Random.stream(seed, 'set'), source);

/**
 * Begins the set of a configuration and lets it go.
 * @throws Error for what is wrong with it, so that it is said before anything long is begun
 */
export function requireSoundSet(configuration: Configuration, { train }: PreparedDataset): void {
  disposeAll(startOf(createSet(configuration, train), configuration, train));
}

/** @throws RangeError where what a method learns has the name of a tensor, or of a part, of the set */
function requireApart({ kind, tensors }: DistilledSet, learned: readonly string[]): void {
  const parts = Object.values(tensors).map(({ part }) => part);
  for (const name of learned) {
    if (!Object.hasOwn(tensors, name) && !parts.includes(name)) continue;
    throw new RangeError(
      `The matching method learns '${name}', and the set of the kind '${kind}' has that, too; rename one.`,
    );
  }
}

const parametersOf = ({ set, method }: JointState) => ({ set: set.parameters, method: method.parameters });

/** Frees a state's tensors; those already freed are left alone. */
export function releaseState({ set, method, adversary }: JointState): void {
  for (const { parameters, velocity } of [set, method, adversary]) disposeAll(parameters, velocity);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
