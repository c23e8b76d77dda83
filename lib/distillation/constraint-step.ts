/** One step of the constraints: L_cos pushes the hallucinations of a basis apart, the adversary pulls them together. */
import { adversaryObjective, createAdversary } from '../factorization/adversary';
import { cosineConstraint } from '../factorization/cosine-constraint';
import type { DistilledSet } from '../factorization/distilled-set';
import { compile } from '../tensor/compile';
import { valueAndGradients } from '../tensor/gradient';
import { sgdStep } from '../tensor/optimiser';
import { mapParameters, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import type { Configuration } from './configuration';

export type ConstraintOptions = Configuration['constraints'] & Pick<Configuration, 'compile'>;

/** What the step reads: the distilled set and the adversary. */
export interface ConstraintState {
  parameters: Parameters;
  adversary: Parameters;
  adversaryVelocity: Parameters;
}

export interface ConstraintStepResult {
  /** L_cos before weighting. */
  cosine: number;
  adversaryLoss: number;
  /** Of the weighted L_cos, for bases and hallucinators; empty where its weight is 0. */
  gradients: Parameters;
  adversary: Parameters;
  adversaryVelocity: Parameters;
}

export interface ConstraintStep {
  /** Parameters of a fresh adversary. */
  init(random: Random): Parameters;
  /** Draws bases and two hallucinators; the caller owns what is returned and what was given. */
  step(state: ConstraintState, random: Random): ConstraintStepResult;
  dispose(): void;
}

type Inputs = {
  set: Parameters;
  adversary: Parameters;
  velocity: Parameters;
  items: tf.Tensor1D;
  first: tf.Tensor1D;
  second: tf.Tensor1D;
  labels: tf.Tensor1D;
};

/**
 * Both players of the constraint game in one compiled step, on the same hallucinations.
 * @see Liu et al., NeurIPS 2022, arXiv 2210.16774: objectives of (B, H) and of the adversary f
 */
export function createConstraintStep(set: DistilledSet, options: ConstraintOptions): ConstraintStep {
  const { imageShape, classCount, itemCount, hallucinatorCount } = set;
  const { width, depth, learningRate, momentum } = options.adversary;
  const network = createAdversary({ imageShape, classCount, width, depth });
  const batch = Math.min(options.batchSize, itemCount);

  const step = compile(
    ({ set: parameters, adversary, velocity, items, first, second, labels }: Inputs) => {
      // One pass hallucinates and embeds both views, the second after the first.
      const views = (current: Parameters) =>
        tf.concat([
          set.images(current, { items, hallucinators: first }),
          set.images(current, { items, hallucinators: second }),
        ]);
      const cosineOf = (current: Parameters) => {
        const [one, other] = tf.split(network.features(adversary, views(current)), 2);
        return cosineConstraint(one as tf.Tensor2D, other as tf.Tensor2D);
      };
      const learnable = setParts(parameters);
      const pushed =
        options.cosine > 0 ? valueAndGradients(cosineOf, learnable) : { value: cosineOf(learnable), gradients: {} };
      const images = views(learnable);
      const pulled = valueAndGradients(
        (current) => adversaryObjective(network, current, images, labels, options),
        adversary,
      );
      const next = sgdStep(adversary, pulled.gradients, velocity, { learningRate, momentum });
      const gradients = mapParameters(pushed.gradients, (gradient) => gradient.mul(options.cosine));
      return { cosine: pushed.value, gradients, loss: pulled.value, ...next };
    },
    { name: 'constraints', compile: options.compile },
  );

  return {
    init: (random) => network.init(random),
    step({ parameters, adversary, adversaryVelocity }, random) {
      const items = random.choice(
        Int32Array.from({ length: itemCount }, (_, item) => item),
        batch,
      );
      const [first, second] = random.choice([...Array(hallucinatorCount).keys()], 2);
      const result = tf.tidy(() =>
        step({
          set: setParts(parameters),
          adversary,
          velocity: adversaryVelocity,
          items: tf.tensor1d(items, 'int32'),
          first: tf.fill([batch], first, 'int32'),
          second: tf.fill([batch], second, 'int32'),
          labels: tf.tensor1d(set.labels(items), 'int32'),
        }),
      );
      const cosine = result.cosine.dataSync()[0];
      const adversaryLoss = result.loss.dataSync()[0];
      tf.dispose([result.cosine, result.loss]);
      return {
        cosine,
        adversaryLoss,
        gradients: result.gradients,
        adversary: result.parameters,
        adversaryVelocity: result.velocity,
      };
    },
    dispose: () => step.dispose(),
  };
}

/** Bases and hallucinators, without what the matching loss learns beside them. */
function setParts(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== 'stepSize'));
}
