/** Values that no picture can show, of the sets of a real run: none where images are photographs, many after steps that are far too long. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runGrid } from '../../lib/experiments/grid';
import { learningCurves } from '../../lib/questions/learning-curves/grid';
import { measureCurves } from '../../lib/questions/learning-curves/measure';
import { saturationOf, saturationTable } from '../../lib/questions/learning-curves/saturation';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-saturation-'))));
after(() => rmSync(folder, { recursive: true }));

test('images start as photographs, and are driven beyond black and white; the table has a row a point', async () => {
  const cells = learningCurves(
    { profile: 'smoke', dataset: 'shapes' },
    {
      ...{ methods: ['dm'], budgets: [2], iterations: 3, snapshots: [0], seeds: [0, 1], kinds: ['images'] },
      configuration: { optimisers: { bases: { learningRate: 1e4 } } },
    },
  );
  const points = measureCurves(await runGrid(cells, { runs: folder }));
  const held = tf.memory().numTensors;
  const shares = points.map((point) => [point.factors.iteration, saturationOf(point)]);
  assert.equal(tf.memory().numTensors, held);
  for (const [iteration, share] of shares) {
    if (iteration === 0) assert.equal(share, 0);
    else assert.ok(share > 0.2 && share < 1, String(share));
  }
  const { table } = saturationTable('saturation', points);
  assert.deepEqual(table.array('iteration'), [0, 3]);
  const [start, end] = table.array('values beyond black and white (%)') as string[];
  assert.equal(start, '0.0');
  const last = shares.filter(([iteration]) => iteration === 3).map(([, share]) => share);
  assert.equal(end, (50 * (last[0] + last[1])).toFixed(1));
});
