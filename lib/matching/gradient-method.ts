/** What both methods of gradient matching, DC and DSA, share: all but the augmentation. */
import { z } from 'zod';
import { gradientMatching } from './gradient';
import type { MatchingMethod, MethodChoice } from './method';

const count = z.number().int().min(1).safe();

const options = {
  /** Real images per class and step. */
  realBatch: count,
  /** Updates of the set with one network (authors' outer_loop). */
  outerLoops: count,
  /** Epochs of network training on the set after each update (authors' inner_loop). */
  innerLoops: count,
  /** Images per step of network training. */
  networkBatch: count,
  /** SGD of the network trained inside. */
  networkLearningRate: z.number().positive().finite(),
};

export type GradientOptions = z.infer<z.ZodObject<typeof options>>;

/** Outer and inner loops: the original's `get_loops` in the paper profile. */
function loops({ profile, perClass = 10 }: MethodChoice) {
  if (profile === 'smoke') return { outerLoops: 2, innerLoops: 2 };
  if (profile !== 'paper') return { outerLoops: perClass === 1 ? 1 : 5, innerLoops: perClass === 1 ? 1 : 5 };
  if (perClass === 1) return { outerLoops: 1, innerLoops: 1 };
  return perClass <= 10 ? { outerLoops: 10, innerLoops: 50 } : { outerLoops: 50, innerLoops: 10 };
}

/** Gradient matching, without a name. */
export const gradientMethod: Omit<MatchingMethod<GradientOptions>, 'name' | 'label'> = {
  options,
  defaults: (choice) => ({
    realBatch: { smoke: 16, quick: 64, study: 64, paper: 256 }[choice.profile],
    ...loops(choice),
    networkBatch: 256,
    networkLearningRate: 0.01,
  }),
  iterations: { smoke: 10, quick: 60, study: 200, paper: 1000 },
  optimisers({ profile }) {
    const bases = { learningRate: 0.1, momentum: 0.5 };
    // Short runs need small steps of hallucinators, whose shared affine maps soak up the loss for all bases at once.
    return { bases, hallucinators: profile === 'paper' ? bases : { learningRate: 5e-3, momentum: 0.5 } };
  },
  // On validation images, DC, 60 iterations at one image a class, seed 0: 18.5 and 18.2 % with rates of 0.1 and 1, 17.8 with hard labels;
  // three students each, whose deviation is 0.5 to 0.7.
  learnedLabels: () => ({ learningRate: 0.1, momentum: 0.5 }),
  work({ outerLoops, innerLoops, realBatch }, { classCount, items }) {
    return {
      passes: {
        gradient: outerLoops * classCount * realBatch + (outerLoops - 1) * innerLoops * items,
        secondGradient: outerLoops * items,
      },
      alive: { secondGradient: realBatch + items / classCount },
      updates: outerLoops,
    };
  },
  create: (given, { set, source, network, augmentation }) =>
    gradientMatching({ ...given, set, source, network, augmentation }),
};
