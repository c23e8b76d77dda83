/** Committed notebooks as somebody meets them who has run nothing: JupyterLab shows SVG of none that it does not trust. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { findNotebooks, notebookName, readNotebook } from '../../lib/reproduction/notebook-file';
import { root } from './reproduce-command';

/** Notebooks keep a text as such, or as its lines. */
const textOf = (given: unknown): string => ([given ?? []].flat() as string[]).join('');

for (const file of findNotebooks(path.join(root, 'notebooks'))) {
  test(`${notebookName(file)}: whatever is drawn has a picture beside it, not blank, and of its drawing's shape`, async () => {
    for (const { data = {} } of readNotebook(file).flatMap(({ outputs }) => outputs)) {
      const svg = textOf(data['image/svg+xml']);
      if (svg === '') continue;
      assert.ok('image/png' in data, textOf(data['text/plain']));
      const picture = sharp(Buffer.from(textOf(data['image/png']), 'base64'));
      const { width, height } = await picture.metadata();
      const [drawnWidth, drawnHeight] = ['width', 'height'].map((side) =>
        Number(new RegExp(`<svg[^>]*\\s${side}="([\\d.]+)`).exec(svg)![1]),
      );
      assert.ok(Math.abs(height / width - drawnHeight / drawnWidth) < 0.01, `${width} x ${height}`);
      const { channels } = await picture.stats();
      assert.ok(channels.every(({ stdev }) => stdev > 5));
    }
  });
}
