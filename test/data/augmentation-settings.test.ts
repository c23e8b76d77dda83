import assert from 'node:assert/strict';
import { test } from 'node:test';
import { augmentationSchema, fullAugmentation } from '../../lib/data/augmentation-settings';
import { createAugmentation, strategyNames } from '../../lib/data/dsa';

test("the default is all augmentations that there are, in the authors' order", () => {
  assert.equal(fullAugmentation, 'color_crop_cutout_flip_scale_rotate');
  assert.equal(fullAugmentation, strategyNames.join('_'));
});

test('what is allowed is made, alone or with others; what is not is refused with the list', () => {
  for (const list of ['none', ...strategyNames, fullAugmentation, 'flip_flip']) {
    assert.equal(augmentationSchema.parse(list), list);
    createAugmentation(list);
  }
  for (const list of ['', 'flip_', 'none_flip', 'flip_blur', 'Flip']) {
    assert.deepEqual(
      augmentationSchema.safeParse(list).error?.issues.map(({ message }) => message),
      ["allowed is 'none' or augmentations joined by '_', out of color, crop, cutout, flip, scale, rotate"],
    );
  }
});
