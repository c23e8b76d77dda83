/** Plain gradient matching as a method. */
import { gradientMethod, type GradientOptions } from './gradient-method';
import type { MatchingMethod } from './method';

/** @see Zhao, Mopuri and Bilen, Dataset Condensation with Gradient Matching, ICLR 2021, arXiv 2006.05929 */
export const dcMethod: MatchingMethod<GradientOptions, 'dc'> = {
  ...gradientMethod,
  name: 'dc',
  label: 'DC',
  // The one method without augmentation; with it, it is called DSA.
  augmentation: 'none',
};
