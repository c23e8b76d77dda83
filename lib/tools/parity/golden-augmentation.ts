/** Augmentations as golden cases name them and their draws. */
import { augmentations } from '../../data/dsa';
import type { Augment } from '../../data/plain-augmentations';

/** @throws Error for an unknown name, listing those there are */
export function goldenAugmentation(name: string): Augment {
  if (!isAugmentation(name)) {
    throw new Error(`there is no augmentation '${name}'; there are ${Object.keys(augmentations).join(', ')}.`);
  }
  return augmentations[name];
}

function isAugmentation(name: string): name is keyof typeof augmentations {
  return Object.hasOwn(augmentations, name);
}

/** Draws in the authors' spelling, and the names that augmentations know them by. */
const ourNames: Record<string, string> = {
  u: 'uniform',
  shift_h: 'verticalShift',
  shift_w: 'horizontalShift',
  offset_h: 'verticalCentre',
  offset_w: 'horizontalCentre',
  scale_x: 'horizontalScale',
  scale_y: 'verticalScale',
  theta: 'angle',
};

/** @returns e.g. 'verticalShift' for the authors' 'shift_h'; names that are whole words stay */
export function ourDrawName(theirs: string): string {
  return Object.hasOwn(ourNames, theirs) ? ourNames[theirs] : theirs;
}
