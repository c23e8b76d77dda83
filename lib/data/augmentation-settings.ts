/** Which differentiable augmentations images get, as a configuration says it of distillation and of students. */
import { z } from 'zod';
import { strategyNames } from './dsa';

const strategy = strategyNames.join('|');

/** 'none', or strategies joined by '_', as the authors write them. */
export const augmentationSchema = z
  .string()
  .regex(
    new RegExp(`^(none|(${strategy})(_(${strategy}))*)$`),
    `allowed is 'none' or augmentations joined by '_', out of ${strategyNames.join(', ')}`,
  );

/** All six, as the authors' `dsa_strategy`; the default, but of a matching method that says another. */
export const fullAugmentation = 'color_crop_cutout_flip_scale_rotate';
