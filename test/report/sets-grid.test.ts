/** Images of several sets under one another: the pixels that each set decodes to, in the row of its label. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { PNG } from 'pngjs';
import { setsGrid } from '../../lib/report/grids';
import { readRunsSet } from '../../lib/runs/distilled-file';
import { run } from '../../lib/runs/run';
import type { RunResult } from '../../lib/runs/train-students';
import { createProgress } from '../../lib/terminal/progress';
import { tf } from '../../lib/tensor/tensorflow';
import { textBoxes } from './text-boxes';

let runs: string;
const made: { label: string; result: RunResult }[] = [];
before(async () => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-sets-grid-'));
  const small = {
    profile: 'smoke',
    dataset: 'shapes',
    iterations: 1,
    network: { width: 4, depth: 1 },
    evaluation: { students: 1, updates: 1 },
  } as const;
  const options = { runs, progress: createProgress({ form: 'silent' }) };
  made.push({ label: 'stored', result: await run({ ...small, set: { kind: 'images', ipc: 2 } }, options) });
  const haba = { kind: 'haba', basesPerClass: 2, hallucinators: 2, factor: 2 } as const;
  made.push({ label: 'HaBa, cut', result: await run({ ...small, set: haba }, options) });
});
after(() => rmSync(runs, { recursive: true, force: true }));

/** The colour of a picture's pixel, in its middle: each is enlarged. */
function colourAt(picture: PNG, [row, column]: [number, number], side: number): number[] {
  const enlargement = picture.width / side;
  const place = (at: number) => Math.floor((at + 0.5) * enlargement);
  const from = (place(row) * picture.width + place(column)) * 4;
  return [...picture.data.subarray(from, from + 3)];
}

test('a row a set, a column a class: the first image of each class; tensors are given back', () => {
  setsGrid(made);
  const before = tf.memory().numTensors;
  const { svg, runs: shown } = setsGrid(made, { classes: 2 });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(
    shown,
    made.map(({ result }) => path.normalize(result.run)),
  );
  const said = textBoxes(svg).map(({ content }) => content);
  for (const { label } of made) assert.ok(said.includes(label), said.join(' | '));

  const pictures = [...svg.matchAll(/ xlink:href="data:image\/png;base64,([^"]*)"/g)].map(([, data]) =>
    PNG.sync.read(Buffer.from(data, 'base64')),
  );
  assert.equal(pictures.length, 4);
  const distilled = readRunsSet(made[0].result.run);
  const { parameters, statistics, imageShape } = distilled;
  const stored = parameters.bases.arraySync() as number[][][][];
  const [mean, deviation] = [statistics.mean, statistics.deviation].map((one) => [...one.dataSync()]);
  distilled.dispose();
  for (const label of [0, 1]) {
    for (const at of [
      [0, 0],
      [5, 9],
    ] as [number, number][]) {
      // Two stored images a class; a pixel is a normalised value of 0 to 1.
      const colour = stored[2 * label][at[0]][at[1]].map((value, channel) =>
        Math.min(255, Math.max(0, Math.round(255 * (value * deviation[channel] + mean[channel])))),
      );
      const drawn = colourAt(pictures[label], at, imageShape[1]);
      for (const [channel, value] of colour.entries())
        assert.ok(Math.abs(drawn[channel] - value) <= 1, `${drawn} ${colour}`);
    }
  }
  assert.notDeepEqual(pictures[2].data, pictures[0].data);
});

test('nothing to show is refused', () => {
  assert.throws(() => setsGrid([]), /at least one set, got none/);
});
