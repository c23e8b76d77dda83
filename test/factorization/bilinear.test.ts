import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { bilinearMatrix } from '../../lib/factorization/bilinear';
import { mapRowsAndColumns } from '../../lib/factorization/separable-map';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose, wave } from '../formula';

before(() => useBackend());

test('2 pixels to 4: centres lie at -0.25, 0.25, 0.75 and 1.25, and the border pixel continues', () => {
  tf.tidy(() => assertClose(bilinearMatrix(2, 4), [1, 0, 0.75, 0.25, 0.25, 0.75, 0, 1]));
});

test('parts are brought to their size each by itself: one matrix after the other along the diagonal', () => {
  tf.tidy(() => {
    const matrix = bilinearMatrix(3, 5, 2);
    assert.deepEqual(matrix.shape, [10, 6]);
    const one = bilinearMatrix(3, 5);
    const none = tf.zeros<tf.Rank.R2>([5, 3]);
    assertClose(matrix, tf.concat([tf.concat([one, none], 1), tf.concat([none, one], 1)]).dataSync());
  });
});

test("images [2, 3, 5, 2] to [2, 7, 4, 2]: TensorFlow's own resizing", () => {
  tf.tidy(() => {
    const images = wave([2, 3, 5, 2], 0.4) as tf.Tensor4D;
    const ours = mapRowsAndColumns(images, bilinearMatrix(3, 7), bilinearMatrix(5, 4));
    assert.deepEqual(ours.shape, [4, 7, 2, 2]);
    assertClose(ours.transpose([2, 1, 0, 3]), tf.image.resizeBilinear(images, [7, 4], false, true).dataSync());
  });
});
