/** Draws of golden cases, which keep the authors' spelling, under the names that augmentations know them by. */
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
