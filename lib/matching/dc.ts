/** Plain gradient matching as a method. */
import { gradientMethod, type GradientOptions } from './gradient-method';
import type { MatchingMethod } from './method';

/**
 * Gradient matching (DC): gradients of a network on each class, while it is trained on the set.
 * @see Zhao, Mopuri and Bilen, Dataset Condensation with Gradient Matching, ICLR 2021, arXiv 2006.05929
 */
export const dcMethod: MatchingMethod<GradientOptions, 'dc'> = {
  ...gradientMethod,
  name: 'dc',
  label: 'DC',
  // The one method without augmentation; with it, it is called DSA.
  augmentation: 'none',
};
