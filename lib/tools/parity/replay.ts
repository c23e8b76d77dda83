/** Every op of the golden cases, replayed through the library. */
import { fitZca } from '../../data/zca';
import { adversaryObjective } from '../../factorization/adversary';
import { contrastiveConstraint } from '../../factorization/contrastive-constraint';
import { cosineConstraint, likelihoodLoss } from '../../factorization/cosine-constraint';
import { hallucinate } from '../../factorization/hallucinator';
import { multiFormation } from '../../factorization/multi-formation';
import { distributionDistance } from '../../matching/distribution';
import { classGradientDistance } from '../../matching/gradient';
import { crossEntropy } from '../../networks/loss';
import { valueAndGradients } from '../../tensor/gradient';
import { sgdStep, zeroVelocity } from '../../tensor/optimiser';
import { tf } from '../../tensor/tensorflow';
import { formulaParameters, ourName, pytorchShapes } from './formula-parameters';
import { goldenAugmentation, ourDrawName } from './golden-augmentation';
import { looseTolerance, required, type Comparison, type GoldenCase } from './golden-case';
import { goldenNetwork } from './golden-network';
import { hallucinatorNames, hallucinatorParameters } from './hallucinator-layout';
import { pullBack } from './pull-back';
import { replayDdif, replayFred, replayLinba } from './replay-containers';
import { replayJointIterations } from './replay-joint';
import { replayTrajectoryMatching } from './replay-trajectory';

/** By op. */
export const replays: Record<string, (golden: GoldenCase) => Comparison[]> = {
  hallucinator: replayHallucinator,
  constraints: replayConstraints,
  network: replayNetwork,
  augment: replayAugmentation,
  zca: replayZca,
  'distribution-matching': replayDistributionMatching,
  'gradient-matching': replayGradientMatching,
  'trajectory-matching': replayTrajectoryMatching,
  'joint-iteration': replayJointIterations,
  'adversary-step': replayAdversaryStep,
  'student-training': replayStudentTraining,
  'multi-formation': replayMultiFormation,
  'container-fred': replayFred,
  'container-ddif': replayDdif,
  'container-linba': replayLinba,
};

function replayHallucinator(golden: GoldenCase): Comparison[] {
  const bases = golden.images('base');
  const chosen = tf.zeros<tf.Rank.R1>([bases.shape[0]], 'int32');
  const { value, gradients } = pullBack(
    ({ base, ...parameters }) => hallucinate(parameters, base as tf.Tensor4D, chosen),
    { base: bases, ...hallucinatorParameters(golden, ['param.']) },
    golden.images('grad.image'),
  );
  const theirs = hallucinatorParameters(golden, ['grad.param.']);
  return [
    { name: 'image', ours: value, theirs: golden.images('image') },
    { name: 'grad.base', ours: gradients.base, theirs: golden.images('grad.base') },
    ...hallucinatorNames.map((name) => ({
      name: `grad.param.${name}`,
      ours: gradients[name],
      theirs: theirs[name],
    })),
  ];
}

function replayConstraints(golden: GoldenCase): Comparison[] {
  const { temperature } = golden.config;
  const labels = golden.tensor<tf.Tensor1D>('labels');
  const embeddings = { a: golden.tensor('embedding_a'), b: golden.tensor('embedding_b') };
  const constraints: Record<string, (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Scalar> = {
    cosine: cosineConstraint,
    likelihood: likelihoodLoss,
    contrastive: (a, b) => contrastiveConstraint(a, b, labels, { temperature }),
  };
  const comparisons = Object.entries(constraints).flatMap(([name, constraint]) => {
    const { value, gradients } = valueAndGradients(
      ({ a, b }) => constraint(a as tf.Tensor2D, b as tf.Tensor2D),
      embeddings,
    );
    return [
      { name, ours: value, theirs: golden.tensor(name) },
      { name: `grad.${name}.a`, ours: gradients.a, theirs: golden.tensor(`grad.${name}.a`) },
      { name: `grad.${name}.b`, ours: gradients.b, theirs: golden.tensor(`grad.${name}.b`) },
    ];
  });
  const logits = golden.tensor<tf.Tensor2D>('logits');
  const both = tf.tile(labels, [logits.shape[0] / labels.size]);
  const { value, gradients } = valueAndGradients((current) => crossEntropy(current.logits as tf.Tensor2D, both), {
    logits,
  });
  return [
    ...comparisons,
    { name: 'classification', ours: value, theirs: golden.tensor('classification') },
    { name: 'grad.classification.logits', ours: gradients.logits, theirs: golden.tensor('grad.classification.logits') },
  ];
}

function imageShapeOf(images: tf.Tensor4D): [number, number, number] {
  return images.shape.slice(1) as [number, number, number];
}

function replayNetwork(golden: GoldenCase): Comparison[] {
  const images = golden.images('x');
  const labels = golden.tensor<tf.Tensor1D>('labels');
  const network = goldenNetwork(golden, imageShapeOf(images));
  const shapes = golden.config.params ?? pytorchShapes(network);
  const parameters = formulaParameters(network, shapes);
  const { value, gradients } = valueAndGradients(
    ({ x, ...current }) => crossEntropy(network.apply(current, x as tf.Tensor4D), labels),
    { ...parameters, x: images },
  );
  const norms = tf.tensor1d(shapes.map(([name]) => normOf(gradients[ourName(name)])));
  const tolerance = /^(AlexNet|VGG|ResNet)/.test(network.name) ? looseTolerance : undefined;
  return [
    { name: 'logits', ours: network.apply(parameters, images), theirs: golden.tensor('logits') },
    { name: 'loss', ours: value, theirs: golden.tensor('loss') },
    { name: 'grad.x', ours: gradients.x, theirs: golden.images('grad.x'), tolerance },
    { name: 'grad.param.norms', ours: norms, theirs: golden.tensor('grad.param.norms'), tolerance },
    ...(golden.names.includes('features')
      ? [
          {
            name: 'features',
            ours: inPyTorchOrder(network.features(parameters, images), parameters['classifier.weight']),
            theirs: golden.tensor('features'),
          },
        ]
      : []),
  ];
}

/** In double precision: a sum of hundreds of thousands of squares loses digits. */
function normOf(tensor: tf.Tensor): number {
  return Math.sqrt(tensor.dataSync<'float32'>().reduce((sum, value) => sum + value * value, 0));
}

/** Features flattened from a map [height, width, channels], as PyTorch flattens it: channels first. */
function inPyTorchOrder(features: tf.Tensor2D, classifier: tf.Tensor): tf.Tensor {
  if (classifier.rank !== 4) return features;
  const map = features.reshape([features.shape[0], ...classifier.shape.slice(0, 3)]);
  return map.transpose([0, 3, 1, 2]).reshape(features.shape);
}

function replayAugmentation(golden: GoldenCase): Comparison[] {
  const augment = goldenAugmentation(required(golden, 'augmentation'));
  const draws = Object.fromEntries(
    golden.names
      .filter((tensor) => tensor.startsWith('draw.'))
      .map((tensor) => [ourDrawName(tensor.slice('draw.'.length)), golden.tensor<tf.Tensor1D>(tensor).toFloat()]),
  );
  return compareImages(golden, (images) => augment(images, draws));
}

function replayMultiFormation(golden: GoldenCase): Comparison[] {
  return compareImages(golden, (images) => multiFormation(images, required(golden, 'factor')));
}

/** `y` of `x`, and the gradient of `x` under `grad.y`. */
function compareImages(golden: GoldenCase, compute: (images: tf.Tensor4D) => tf.Tensor4D): Comparison[] {
  const { value, gradients } = pullBack(
    ({ x }) => compute(x as tf.Tensor4D),
    { x: golden.images('x') },
    golden.images('grad.y'),
  );
  return [
    { name: 'y', ours: value, theirs: golden.images('y') },
    { name: 'grad.x', ours: gradients.x, theirs: golden.images('grad.x') },
  ];
}

function replayZca(golden: GoldenCase): Comparison[] {
  const fit = golden.images('fit');
  const count = fit.shape[0];
  const zca = fitZca(
    {
      imageShape: imageShapeOf(fit),
      classCount: 1,
      count,
      labels: new Uint8Array(count),
      indicesOfClass: [Int32Array.from({ length: count }, (_, index) => index)],
      batch: (indices) => tf.gather(fit, tf.tensor1d(Array.from(indices), 'int32')),
    },
    { epsilon: golden.config.eps },
  );
  const whitened = zca.whiten(golden.images('x'));
  return [
    { name: 'y', ours: whitened, theirs: golden.images('y') },
    { name: 'inverse', ours: zca.invert(whitened), theirs: golden.images('inverse') },
  ];
}

/** Class of every image of [classes, images per class, ...], flattened. */
function labelsByClass(images: tf.Tensor): tf.Tensor1D {
  const [classes, each] = images.shape;
  return tf.tensor1d(
    Array.from({ length: classes * each }, (_, place) => Math.floor(place / each)),
    'int32',
  );
}

function replayDistributionMatching(golden: GoldenCase): Comparison[] {
  const [real, synthetic] = [golden.images('real'), golden.images('synthetic')];
  const [realLabels, labels] = [labelsByClass(golden.tensor('real')), labelsByClass(golden.tensor('synthetic'))];
  const network = goldenNetwork(golden, imageShapeOf(real));
  const parameters = formulaParameters(network, golden.config.params);
  const target = network.features(parameters, real);
  const { value, gradients } = valueAndGradients(
    (current) =>
      distributionDistance(
        target,
        realLabels,
        network.features(parameters, current.synthetic as tf.Tensor4D),
        labels,
        required(golden, 'classes'),
      ),
    { synthetic },
  );
  return compareLoss(golden, value, gradients.synthetic);
}

function replayGradientMatching(golden: GoldenCase): Comparison[] {
  const { metric = 'ours' } = golden.config;
  if (metric !== 'ours') throw new Error(`its metric is '${metric}'; only 'ours', the layer-wise cosine, is replayed.`);
  const [real, synthetic] = [golden.images('real'), golden.images('synthetic')];
  const classes = golden.tensor('real').shape[0];
  const network = goldenNetwork(golden, imageShapeOf(real));
  const parameters = formulaParameters(network, golden.config.params);
  const ofClass = (images: tf.Tensor4D, label: number) => {
    const each = images.shape[0] / classes;
    return images.slice(label * each, each);
  };
  const { value, gradients } = valueAndGradients(
    (current) =>
      tf
        .addN(
          Array.from({ length: classes }, (_, label) =>
            classGradientDistance(
              network,
              parameters,
              ofClass(real, label),
              ofClass(current.synthetic as tf.Tensor4D, label),
              tf.scalar(label, 'int32'),
            ),
          ),
        )
        .asScalar(),
    { synthetic },
  );
  return compareLoss(golden, value, gradients.synthetic);
}

function compareLoss(golden: GoldenCase, loss: tf.Scalar, gradient: tf.Tensor): Comparison[] {
  return [
    { name: 'loss', ours: loss, theirs: golden.tensor('loss') },
    { name: 'grad.synthetic', ours: gradient, theirs: golden.images('grad.synthetic') },
  ];
}

function replayAdversaryStep(golden: GoldenCase): Comparison[] {
  const images = golden.images('x');
  const labels = golden.tensor<tf.Tensor1D>('labels');
  const { config } = golden;
  const adversary = goldenNetwork(golden, imageShapeOf(images));
  const options = {
    classification: config.lambda_classification,
    likelihood: config.lambda_likelihood,
    contrastive: config.lambda_contrastive,
    temperature: config.temperature,
  };
  const { lr = 0.001, momentum = 0.9 } = config;
  let state = startingAt(formulaParameters(adversary, config.params));
  const losses = Array.from({ length: golden.tensor('losses').size }, () => {
    const { value, gradients } = valueAndGradients(
      (current) => adversaryObjective(adversary, current, images, labels, options),
      state.parameters,
    );
    state = sgdStep(state.parameters, gradients, state.velocity, { learningRate: lr, momentum });
    return value;
  });
  const features = adversary.features(state.parameters, images);
  return [
    { name: 'losses', ours: tf.stack(losses), theirs: golden.tensor('losses') },
    {
      name: 'final_embedding_norms',
      ours: features.square().sum(1).sqrt(),
      theirs: golden.tensor('final_embedding_norms'),
    },
    {
      name: 'final_logits',
      ours: adversary.classify(state.parameters, features),
      theirs: golden.tensor('final_logits'),
    },
  ];
}

function startingAt(parameters: Record<string, tf.Tensor>) {
  return { parameters, velocity: zeroVelocity(parameters) };
}

function replayStudentTraining(golden: GoldenCase): Comparison[] {
  const images = golden.images('x');
  const labels = golden.tensor<tf.Tensor1D>('labels');
  const { lr = 0.01, momentum = 0, weight_decay: weightDecay = 0, params } = golden.config;
  const network = goldenNetwork(golden, imageShapeOf(images));
  let state = startingAt(formulaParameters(network, params));
  const losses = Array.from({ length: golden.tensor('losses').size }, () => {
    const { value, gradients } = valueAndGradients(
      (current) => crossEntropy(network.apply(current, images), labels),
      state.parameters,
    );
    state = sgdStep(state.parameters, gradients, state.velocity, { learningRate: lr, momentum, weightDecay });
    return value;
  });
  return [
    { name: 'losses', ours: tf.stack(losses), theirs: golden.tensor('losses') },
    { name: 'final_logits', ours: network.apply(state.parameters, images), theirs: golden.tensor('final_logits') },
  ];
}
