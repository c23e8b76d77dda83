/** The two players of the constraint game: L_cos pushes the hallucinations of a basis apart, the adversary pulls them together. */
import type { Augmentation, Draws } from '../data/dsa';
import { adversaryObjective } from '../factorization/adversary';
import type { ConstraintSettings } from '../factorization/constraint-settings';
import { cosineConstraint } from '../factorization/cosine-constraint';
import { learnedGradients, type DistilledSet } from '../factorization/distilled-set';
import type { Network } from '../networks/network';
import { compile } from '../tensor/compile';
import { valueAndGradients, type ValueAndGradients } from '../tensor/gradient';
import { sgdStep, type OptimiserStep } from '../tensor/optimiser';
import type { Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';

export interface ConstraintOptions extends Omit<ConstraintSettings, 'adversary'> {
  set: DistilledSet;
  /** The adversary f. */
  network: Network;
  /** Of the hallucinations that the adversary looks at. */
  augmentation: Augmentation;
  /** SGD of the adversary. */
  adversary: Pick<ConstraintSettings['adversary'], 'learningRate' | 'momentum'>;
}

/** What a player looks at: two hallucinations of the same bases. */
export type ConstraintBatch = {
  /** int32 [batch] */
  items: tf.Tensor1D;
  /** int32 [batch]: the first hallucinator of the pair, the same for every basis */
  first: tf.Tensor1D;
  /** int32 [batch]: the second, likewise */
  second: tf.Tensor1D;
  /** int32 [formations * batch], class of every image of one hallucinator */
  labels: tf.Tensor1D;
  /** One choice of strategy; every image of both hallucinators, [2 * formations * batch], has numbers of its own. */
  draws: Draws;
};

/** The bases and the pair of each player: not the same ones. */
export type ConstraintBatches = { cosine: ConstraintBatch; adversary: ConstraintBatch };

export type CosineInputs = { learnable: Parameters; adversary: Parameters; batch: ConstraintBatch };
export type AdversaryInputs = CosineInputs & { velocity: Parameters };
/** The adversary after its step, and its objective before it. */
export type AdversaryStep = OptimiserStep & { value: tf.Scalar };

export interface Constraints {
  /** lambda */
  readonly cosineWeight: number;
  /** Parameters of a fresh adversary. */
  init(random: Random): Parameters;
  /** Bases, pair and augmentation of both players, for one update of a set; the caller disposes of them. */
  draw(random: Random, update: number): ConstraintBatches;
  /** L_cos, not weighted, and its gradient for bases and hallucinators. */
  readonly cosine: (inputs: CosineInputs) => ValueAndGradients;
  /** One SGD step of the adversary; undefined where all terms of its objective weigh 0, so that nothing would move it. */
  readonly adversaryStep?: (inputs: AdversaryInputs) => AdversaryStep;
  /** Frees compiled graphs. */
  dispose(): void;
}

/** The mathematics of both players, free of compilation and of drawing. */
export function createPlayers(options: Omit<ConstraintOptions, 'batchSize' | 'cosine'>) {
  const { set, network, augmentation } = options;
  /** Augmented together, [2 * formations * batch, ...]: the first hallucinator's images, then the second's. */
  const views = (learnable: Parameters, { items, first, second, draws }: ConstraintBatch): tf.Tensor4D => {
    const [one, other] = [first, second].map((hallucinators) => set.images(learnable, { items, hallucinators }));
    return augmentation.apply(tf.concat([one, other]), draws);
  };
  return {
    /** L_cos and its gradient with respect to `learnable`, through an adversary that stays as it is. */
    cosine({ learnable, adversary, batch }: CosineInputs): ValueAndGradients {
      const { value, gradients } = learnedGradients(
        set,
        ({ set: current }) => {
          const [one, other] = tf.split(network.features(adversary, views(current, batch)), 2);
          return cosineConstraint(one as tf.Tensor2D, other as tf.Tensor2D);
        },
        { set: learnable },
      );
      return { value, gradients: gradients.set };
    },
    /** One SGD step on cross-entropy + likelihood + L_con, through a set that stays as it is. */
    adversaryStep: ({ learnable, adversary, velocity, batch }: AdversaryInputs): AdversaryStep => {
      const images = views(learnable, batch);
      const { value, gradients } = valueAndGradients(
        (current) => adversaryObjective(network, current, images, batch.labels, options),
        adversary,
      );
      return { value, ...sgdStep(adversary, gradients, velocity, options.adversary) };
    },
  };
}

/**
 * The constraint game of a set with two hallucinators or more.
 *
 * As in the authors' code both players look at augmented hallucinations, each at bases and at a pair of hallucinators of its own.
 * Departures from it: where `batchSize` is less than all bases, theirs go on through the permutation that the student's steps began,
 * here each player draws its bases anew; and with multi-formation, which theirs does not have, every formation counts as an image.
 * @see Liu et al., NeurIPS 2022, arXiv 2210.16774: objectives of (B, H) and of the adversary f
 */
export function createConstraints(options: ConstraintOptions): Constraints {
  const { set, network, augmentation, cosine: cosineWeight, batchSize } = options;
  const { itemCount, views, formations } = set;
  const players = createPlayers(options);
  const cosine = compile((inputs: CosineInputs) => players.cosine(inputs), { name: 'L_cos' });
  const adversaryStep = adversaryLearns(options)
    ? compile(players.adversaryStep, { name: 'adversary step' })
    : undefined;
  const batch = Math.min(batchSize, itemCount);
  const all = Int32Array.from({ length: itemCount }, (_, item) => item);

  const drawBatch = (random: Random): ConstraintBatch => {
    const items = random.stream('items').choice(all, batch);
    const [first, second] = random.stream('pair').choice([...Array(views).keys()], 2);
    return {
      items: tf.tensor1d(items, 'int32'),
      first: tf.fill([batch], first, 'int32'),
      second: tf.fill([batch], second, 'int32'),
      labels: tf.tensor1d(set.labels(items), 'int32'),
      draws: augmentation.draw(random.stream('augmentation'), 2 * formations * batch),
    };
  };

  return {
    cosineWeight,
    init: (random) => network.init(random),
    draw: (random, update) => ({
      cosine: drawBatch(random.stream('L_cos', update)),
      adversary: drawBatch(random.stream('adversary', update)),
    }),
    cosine,
    adversaryStep,
    dispose() {
      cosine.dispose();
      adversaryStep?.dispose();
    },
  };
}

/**
 * Whether anything constrains a set's views, its hallucinators: one alone makes no pair, and where L_cos weighs nothing the set does not hear
 * of the adversary, whatever that learns, so that none is needed.
 */
export function isConstrained({ cosine }: Pick<ConstraintOptions, 'cosine'>, views: number): boolean {
  return views > 1 && cosine > 0;
}

/** Whether any term of the adversary's objective weighs something. */
export function adversaryLearns({
  classification,
  likelihood,
  contrastive,
}: Pick<ConstraintOptions, 'classification' | 'likelihood' | 'contrastive'>): boolean {
  return classification > 0 || likelihood > 0 || contrastive > 0;
}
