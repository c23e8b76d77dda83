/** Whole iterations of the authors' loop: student, L_cos, the update of bases, hallucinators and step size, the adversary's step. */
import type { Augmentation, Draws } from '../../data/dsa';
import type { AugmentationDraws } from '../../data/plain-augmentations';
import { createPlayers, type ConstraintBatch } from '../../distillation/constraint-step';
import { jointUpdate, type JointState } from '../../distillation/joint-update';
import { createUnroll, type StudentBatch } from '../../matching/trajectory';
import { zeroVelocity } from '../../tensor/optimiser';
import type { Parameters } from '../../tensor/parameters';
import { tf } from '../../tensor/tensorflow';
import { formulaParameters } from './formula-parameters';
import { looseTolerance, required, type Comparison, type GoldenCase } from './golden-case';
import { goldenAugmentation, ourDrawName } from './golden-augmentation';
import { goldenNetwork } from './golden-network';
import { goldenSet, learnableOf, together, unflatten } from './golden-set';

export function replayJointIterations(golden: GoldenCase): Comparison[] {
  const { lambda_classification, lambda_likelihood, lambda_contrastive, temperature } = golden.config;
  const optimisers = required(golden, 'optimisers');
  const rate = (part: string) => ({ learningRate: optimisers[part][0], momentum: optimisers[part][1] });
  const before = learnableOf(golden, '');
  const set = goldenSet(golden, before);
  const network = goldenNetwork(golden, [...set.imageShape]);
  const judge = goldenNetwork({ ...golden, config: { network: 'Adversary', classes: set.classCount } }, [
    ...set.imageShape,
  ]);
  const augmentation = placedAugmentation(golden);
  const unroll = createUnroll({ set, network, augmentation });
  const players = createPlayers({
    set,
    network: judge,
    augmentation,
    classification: lambda_classification ?? 1,
    likelihood: lambda_likelihood ?? 0.1,
    contrastive: lambda_contrastive ?? 0.1,
    temperature: temperature ?? 0.07,
    adversary: rate('adversary'),
  });

  const indices = (values: ArrayLike<number>) => tf.tensor1d(Array.from(values), 'int32');
  const studentBatches = (iteration: number): StudentBatch[] => {
    const which = golden.tensor(`which.${iteration}`).dataSync();
    const order = golden.tensor<tf.Tensor2D>(`order.${iteration}`).arraySync();
    return order.map((items, step) => ({
      items: indices(items),
      hallucinators: tf.fill([items.length], which[step], 'int32'),
      labels: indices(set.labels(items)),
      draws: augmentation.at(`${iteration}.step${step}`),
    }));
  };
  const playerBatch = (place: string): ConstraintBatch => {
    const items = golden.tensor(`items.${place}`).dataSync();
    const [first, second] = golden.tensor(`pair.${place}`).dataSync();
    return {
      items: indices(items),
      first: tf.fill([items.length], first, 'int32'),
      second: tf.fill([items.length], second, 'int32'),
      labels: indices(set.labels(items)),
      draws: augmentation.at(place),
    };
  };

  const adversary = formulaParameters(judge);
  let state: JointState = {
    set: { parameters: before.set, velocity: zeroVelocity(before.set) },
    method: { parameters: before.method, velocity: zeroVelocity(before.method) },
    adversary: { parameters: adversary, velocity: zeroVelocity(adversary) },
  };
  const parametersOf = ({ set: ofSet, method }: JointState) => ({ set: ofSet.parameters, method: method.parameters });
  const iterations = Array.from({ length: golden.tensor('loss').size }, (_, iteration) => {
    const [start, target] = ['start', 'target'].map((name) =>
      unflatten(golden, network, golden.tensor(`${name}.${iteration}`)),
    );
    const task = unroll.full({ learnable: parametersOf(state), start, target, batches: studentBatches(iteration) });
    const { state: next, ...values } = jointUpdate(state, task.gradients, {
      parts: {
        set: set.tensors,
        method: { stepSize: { part: 'stepSize', smallest: required(golden, 'smallest_lr') } },
      },
      game: {
        constraints: { ...players, cosineWeight: required(golden, 'lambda_cosine') },
        batches: { cosine: playerBatch(`${iteration}.cosine`), adversary: playerBatch(`${iteration}.adversary`) },
      },
      optimisers: { bases: rate('bases'), hallucinators: rate('hallucinators'), stepSize: rate('lr') },
    });
    state = next;
    return { loss: task.value.dataSync()[0], ...values };
  });

  const [start, ours, theirs] = [before, parametersOf(state), learnableOf(golden, 'final.')].map(together);
  const change = (after: Parameters, name: string) => after[name].sub(start[name]);
  const features = judge.features(state.adversary.parameters, golden.images('probe'));
  return [
    { name: 'loss', ours: tf.tensor1d(iterations.map(({ loss }) => loss)), theirs: golden.tensor('loss') },
    { name: 'cosine', ours: tf.tensor1d(iterations.map(({ cosine }) => cosine!)), theirs: golden.tensor('cosine') },
    {
      name: 'adversary_loss',
      ours: tf.tensor1d(iterations.map(({ adversaryLoss }) => adversaryLoss!)),
      theirs: golden.tensor('adversary_loss'),
    },
    ...Object.keys(theirs).flatMap((name) => [
      { name: `final.${name}`, ours: ours[name], theirs: theirs[name] },
      // What starts large would hide how it moved.
      {
        name: `final.${name} less its start`,
        ours: change(ours, name),
        theirs: change(theirs, name),
        tolerance: looseTolerance,
      },
    ]),
    {
      name: 'final.adversary.embedding_norms',
      ours: features.square().sum(1).sqrt(),
      theirs: golden.tensor('final.adversary.embedding_norms'),
    },
    {
      name: 'final.adversary.logits',
      ours: judge.classify(state.adversary.parameters, features),
      theirs: golden.tensor('final.adversary.logits'),
    },
  ];
}

/**
 * The case's augmentations as one: its draws name a place of the case, e.g. '0.cosine', by its number, and applying them applies
 * what the case says of that place.
 */
function placedAugmentation(golden: GoldenCase): Augmentation & { at(place: string): Draws } {
  const choices = required(golden, 'augmentations');
  const places = Object.keys(choices);
  return {
    at(place) {
      if (!places.includes(place)) throw new Error(`its 'config.augmentations' says nothing of '${place}'.`);
      return { strategy: tf.scalar(places.indexOf(place), 'int32') };
    },
    draw: () => {
      throw new Error('the draws of a golden case are given, not drawn.');
    },
    apply(images, { strategy }) {
      const place = places[strategy!.dataSync()[0]];
      const name = choices[place];
      if (name === 'none') return images;
      return goldenAugmentation(name)(images, drawsAt(golden, place, name));
    },
  };
}

/** The numbers of a place: 'draw.0.step1.rotate.theta', or, of the three functions that color is, 'draw.0.cosine.contrast.u'. */
function drawsAt(golden: GoldenCase, place: string, augmentation: string): AugmentationDraws {
  const prefix = `draw.${place}.`;
  const found = golden.names.filter((name) => name.startsWith(prefix));
  return Object.fromEntries(
    found.map((name) => {
      const [called, draw] = name.slice(prefix.length).split('.');
      return [augmentation === 'color' ? called : ourDrawName(draw), golden.tensor<tf.Tensor1D>(name).toFloat()];
    }),
  );
}
