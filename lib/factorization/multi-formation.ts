/** IDC's uniform multi-formation: one stored image holds factor x factor smaller ones. */
import { tf } from '../tensor/tensorflow';
import { bilinearMatrix } from './bilinear';
import { mapRowsAndColumns } from './separable-map';

/** What continues an image whose side the factor does not divide: IDC's, the middle of its pixels, which run from 0 to 1. */
const padding = 0.5;

/**
 * Cuts every image into factor x factor crops and enlarges each to the full size, bilinearly with half-pixel centres. All crops
 * are of one size: where the factor does not divide a side, the image is continued by 0.5 below and on the right.
 * @param images [batch, height, width, channels]
 * @returns [factor * factor * batch, height, width, channels], crop by crop, row by row of crops
 * @see Kim et al., Dataset Condensation via Efficient Synthetic-Data Parameterization, ICML 2022, arXiv 2205.14959;
 * `decode_zoom` in their code
 */
export function multiFormation(images: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (factor === 1) return images;
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [height, width].map((side) => bilinearMatrix(Math.ceil(side / factor), side, factor));
  const continued = tf.pad(
    images,
    [
      [0, 0],
      [0, rows.shape[1] - height],
      [0, columns.shape[1] - width],
      [0, 0],
    ],
    padding,
  );
  return mapRowsAndColumns(continued, rows, columns)
    .reshape([factor, width, factor, height, batch, channels])
    .transpose([2, 0, 4, 3, 1, 5])
    .reshape([factor * factor * batch, height, width, channels]);
}
