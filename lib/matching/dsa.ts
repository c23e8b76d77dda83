/** Gradient matching with differentiable siamese augmentation as a method. */
import { gradientMethod, type GradientOptions } from './gradient-method';
import type { MatchingMethod } from './method';

/**
 * Gradient matching with differentiable siamese augmentation (DSA).
 * @see Zhao and Bilen, Dataset Condensation with Differentiable Siamese Augmentation, ICML 2021, arXiv 2102.08259
 */
export const dsaMethod: MatchingMethod<GradientOptions, 'dsa'> = { ...gradientMethod, name: 'dsa', label: 'DSA' };
