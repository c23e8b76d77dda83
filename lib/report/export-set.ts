/** A distilled set for use elsewhere: as pictures, and in PyTorch's layout. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { explainWriteError, makeFolder } from '../files/file-error';
import { pixelsOf } from '../data/pixels';
import { readDistilledSet } from '../runs/distilled-file';
import { writePyTorchSet } from '../runs/pytorch-file';
import { recordedAccuracy } from '../runs/recorded-accuracy';
import { useBackend } from '../tensor/backend';
import { tf } from '../tensor/tensorflow';
import { imageGrid } from './image-grid';
import { pictureLabels } from './picture-labels';
import { toPng } from './render';

export interface ExportSetOptions {
  /** Folder to write to. Default: that of the set. */
  to?: string;
}

const advice = { instead: '--to FOLDER' };

/**
 * Writes `NAME-pytorch.safetensors` and, for every hallucinator, `NAME-hallucinator-J.png`, or for sets of one view, as stored
 * images are, `NAME-images.png`: a row a class, a column an item. Needs no dataset: what inverts the whitening is in the file. The files appear when all are whole; an
 * export that was cut short is done again.
 * @returns the files written
 * @throws Error when a file of that name is there already; nothing is overwritten
 */
export async function exportSet(file: string, { to = path.dirname(file) }: ExportSetOptions = {}): Promise<string[]> {
  await useBackend();
  const distilled = readDistilledSet(file);
  const { set, parameters, classNames, imageShape, statistics } = distilled;
  const { item, view } = pictureLabels(set);
  const several = item[1];
  try {
    const base = path.join(to, path.basename(file, '.safetensors'));
    const pytorch = `${base}-pytorch.safetensors`;
    const pictures = Array.from({ length: set.views }, (_, index) =>
      view === undefined ? `${base}-images.png` : `${base}-${view}-${index + 1}.png`,
    );
    const workspace = `${base}.exporting`;
    const place = (target: string) => path.join(workspace, path.basename(target));
    // Where the workspace of a killed export is left, so may be some of its files.
    const cutShort = existsSync(workspace);
    for (const target of [pytorch, ...pictures]) {
      if (existsSync(target) && !cutShort)
        throw new Error(`${target} is there already; remove it, or name another folder with --to.`);
    }
    const accuracy = recordedAccuracy(file, distilled);
    makeFolder(workspace, advice);
    writePyTorchSet(place(pytorch), distilled, accuracy);
    for (const [index, picture] of pictures.entries()) {
      const pixels = tf.tidy(() => {
        const items = tf.range(0, set.itemCount, 1, 'int32');
        const hallucinators = tf.fill<tf.Rank.R1>([set.itemCount], index, 'int32');
        // Of several formations the first is shown.
        return pixelsOf(set.images(parameters, { items, hallucinators }).slice(0, set.itemCount), statistics);
      });
      const columnLabels = Array.from({ length: set.perClass }, (_, column) => `${column + 1}`);
      const columnTitle = view === undefined ? several : `${several}, through ${view} ${index + 1}`;
      const labels = { rowLabels: classNames, columnLabels, rowTitle: 'class', columnTitle };
      const figure = imageGrid({ pixels, shape: imageShape }, { name: path.basename(picture), ...labels, runs: [] });
      writeFileSync(place(picture), await toPng(figure));
    }
    for (const target of [pytorch, ...pictures]) renameSync(place(target), target);
    rmSync(workspace, { recursive: true });
    return [pytorch, ...pictures];
  } catch (error) {
    throw explainWriteError(error, to, advice);
  } finally {
    distilled.dispose();
  }
}
