/** Trajectory matching as a method: its options and defaults, its step size, and its experts. */
import { z } from 'zod';
import { parameterShapes } from '../networks/parameter-shapes';
import { count, positive, wholeNumber } from '../settings/numbers';
import { expertOptions } from './experts/expert-options';
import { expertSettings } from './experts/expert-settings';
import { expertsAdvice } from './experts/experts-command';
import { neededEpochs } from './experts/needed-epochs';
import { openExperts } from './experts/open-experts';
import { expertsName } from './experts/expert-identity';
import { trainExperts, unfinishedExperts } from './experts/train-experts';
import type { MatchingMethod, MethodChoice } from './method';
import { trajectoryMatching } from './trajectory';

const options = {
  /** Student steps on the set (authors' syn_steps). */
  studentSteps: count,
  /** Images per student step; 0 for the whole set (authors' batch_syn). */
  studentBatch: wholeNumber,
  /** Epochs of the expert to be matched (authors' expert_epochs). */
  expertEpochs: count,
  /** Latest epoch a match starts from (authors' max_start_epoch). */
  latestStartEpoch: wholeNumber,
  /** Initial learnable step size of the student (authors' lr_teacher). */
  stepSize: positive,
  /** Lower bound of the learnable step size. */
  smallestStepSize: positive,
  /** 'full': one differentiated unroll; 'stepwise': the same gradient in memory that does not grow with the steps (TESLA). */
  unroll: z.enum(['full', 'stepwise']),
  experts: expertOptions,
};

export type TrajectoryOptions = z.infer<z.ZodObject<typeof options>>;

/** As the authors ran it (scripts of their repository; DESIGN.md), by images per class. */
function authors({ perClass = 10 }: MethodChoice) {
  if (perClass <= 3) return { studentSteps: 50, latestStartEpoch: 2, stepSize: 0.01, stepSizeLearningRate: 1e-7 };
  if (perClass <= 10) return { studentSteps: 30, latestStartEpoch: 20, stepSize: 0.001, stepSizeLearningRate: 1e-5 };
  return { studentSteps: 30, latestStartEpoch: 20, stepSize: 0.01, stepSizeLearningRate: 1e-5 };
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);

const byTheRun = 'With --make-experts, in a notebook { makeExperts: true }, the run makes them itself.';

/** @see Cazenavette et al., Dataset Distillation by Matching Training Trajectories, CVPR 2022, arXiv 2203.11932 */
export const mttMethod: MatchingMethod<TrajectoryOptions> = {
  name: 'mtt',
  label: 'MTT',
  // 2: rates of the quick profile chosen on validation images.
  version: 2,
  options,
  defaults(choice) {
    const { profile, given } = choice;
    const paper = profile === 'paper';
    const theirs = authors(choice);
    const expertEpochs = numberOf(given.expertEpochs) ?? (paper ? 2 : 1);
    const latestStartEpoch =
      numberOf(given.latestStartEpoch) ?? (paper ? theirs.latestStartEpoch : profile === 'smoke' ? 1 : 5);
    return {
      studentSteps: { smoke: 3, quick: 10, study: 20, paper: theirs.studentSteps }[profile],
      studentBatch: paper ? 0 : 100,
      expertEpochs,
      latestStartEpoch,
      stepSize: paper ? theirs.stepSize : 0.01,
      smallestStepSize: 0.001,
      unroll: 'full',
      experts: {
        seed: 0,
        count: { smoke: 1, quick: 3, study: 10, paper: 100 }[profile],
        // The authors train 50; no match reads a later one than this.
        epochs: neededEpochs({ expertEpochs, latestStartEpoch }),
        learningRate: 0.01,
        momentum: 0,
        weightDecay: 0,
        batchSize: 256,
      },
    };
  },
  /** A match needs the epoch it starts from and the epoch it aims at; `latestStartEpoch` itself is never drawn. */
  problem({ latestStartEpoch, expertEpochs, experts }) {
    const last = neededEpochs({ latestStartEpoch, expertEpochs });
    if (last <= experts.epochs) return undefined;
    return `'matching.experts.epochs' is ${experts.epochs}; matches that start before epoch ${latestStartEpoch} and are ${expertEpochs} epochs long need at least ${last}`;
  },
  // No match reads a later epoch than it needs.
  withoutEffect: ['experts.epochs'],
  iterations: { smoke: 10, quick: 200, study: 1500, paper: 15000 },
  whitening: (profile) => (profile === 'paper' || profile === 'study' ? 'zca' : 'normalise'),
  optimisers({ profile, kind }) {
    const part = (learningRate: number) => ({ learningRate, momentum: 0.95 });
    // On validation images, 200 iterations at one image a class (seeds 0 and 1) and at ten (seed 0): images 26.6, 25.1 and 44.4 %
    // with a rate of 100, 27.8, 26.9 and 45.0 with 300; HaBa 30.5, 32.5 and 43.1 % with hallucinators' 0.01, 32.8, 32.2 and 44.8
    // with 0.1, and at one image a class 29.0 and 32.1 with bases' 300.
    if (profile === 'quick') return { bases: part(kind === 'images' ? 300 : 100), hallucinators: part(0.1) };
    return { bases: part(100), hallucinators: part(profile === 'paper' ? 100 : 0.01) };
  },
  learns: {
    stepSize: {
      start: ({ stepSize }) => stepSize,
      optimiser: (choice) => ({
        learningRate: choice.profile === 'paper' ? authors(choice).stepSizeLearningRate : 1e-5,
        momentum: 0.9,
      }),
      // As in the authors' code.
      smallest: ({ smallestStepSize }) => smallestStepSize,
    },
  },
  studentRate: 'stepSize',
  learnedLabels({ profile, perClass = 10 }) {
    // On validation images, 200 iterations at one image a class, seed 0: 27.8, 28.1 and 27.5 % with rates of 2, 10 and 50, 27.8 with hard
    // labels; three students each, whose deviation is 1.5 to 1.8.
    if (profile === 'quick') return { learningRate: 10, momentum: 0.9 };
    // As DATM's code: configs/CIFAR-10/ConvIN of their repository, by images per class.
    return { learningRate: perClass <= 3 ? 5 : 2, momentum: 0.9 };
  },
  work({ studentBatch, studentSteps, unroll }, { items }) {
    const batch = studentBatch === 0 ? items : Math.min(studentBatch, items);
    const images = studentSteps * batch;
    if (unroll === 'full') return { passes: { secondGradient: images }, alive: { secondGradient: images }, updates: 1 };
    // Each step is taken once on the way there, and once more on the way back, where it is differentiated. Measured at width 128 and
    // 500 images a step, 5.5 copies of their activations are alive: as many as of a gradient and of a second one together.
    return {
      passes: { gradient: images, secondGradient: images },
      alive: { gradient: batch, secondGradient: batch },
      updates: 1,
    };
  },
  prepare: {
    stage: 'training experts',
    parts: ({ experts }) => experts.count,
    steps: ({ experts }) => experts.epochs,
    work: ({ experts }, { images }) => ({
      passes: { gradient: experts.epochs * images },
      alive: { gradient: Math.min(experts.batchSize, images) },
    }),
    left(given, { surroundings, data, experts }) {
      const settings = expertSettings(given.experts, surroundings, data);
      const { count, epochs } = given.experts;
      const advice = expertsAdvice(given, surroundings, { experts });
      return {
        of: `${expertsName(settings)}, ${epochs} epochs`,
        parts: unfinishedExperts({ settings, count, epochs, experts, advice }),
      };
    },
    async make(
      given,
      { surroundings, data, dataFolder, network, augmentation, experts: place, only, signal, onStep, onWait },
    ) {
      const { count, epochs } = given.experts;
      const { folder: experts, seconds } = await trainExperts({
        settings: expertSettings(given.experts, surroundings, data),
        data,
        network,
        augmentation,
        count,
        epochs,
        only,
        experts: place,
        advice: expertsAdvice(given, surroundings, { experts: place, dataFolder }),
        signal,
        onWait,
        onEpoch: (done, _total, loss) => onStep?.(done, loss),
      });
      return { experts, count: only?.length ?? count, epochs, seconds };
    },
  },
  create(given, { surroundings, data, dataFolder, set, network, augmentation, experts }) {
    const { expertEpochs, latestStartEpoch } = given;
    const segment = openExperts({
      settings: expertSettings(given.experts, surroundings, data),
      shapes: parameterShapes(network),
      count: given.experts.count,
      latestStartEpoch,
      expertEpochs,
      experts,
      advice: `${byTheRun} ${expertsAdvice(given, surroundings, { experts, dataFolder })}`,
    });
    return trajectoryMatching({ ...given, set, network, augmentation, segment });
  },
};
