/** What the adversary of a run saw: small runs on the embedded dataset. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readSafetensors, writeSafetensors } from '../../lib/files/safetensors';
import { adversaryTable, cosineCurves, measureAdversaries } from '../../lib/questions/constraint-ablation/adversary';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { run } from '../../lib/runs/run';
import { readMetrics, setFiles } from '../../lib/runs/run-files';
import type { RunResult } from '../../lib/runs/train-students';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress } from '../../lib/terminal/progress';

let runs: string;
let [none, both]: RunResult[] = [];
before(async () => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-adversary-'));
  const make = (cosine: number) =>
    run(
      {
        ...{ profile: 'smoke', dataset: 'shapes', set: { kind: 'haba', basesPerClass: 1, hallucinators: 2 } },
        ...{ network: { width: 4, depth: 1 }, iterations: 3, evaluation: { students: 1, updates: 1 } },
        constraints: { cosine, adversary: { width: 4, depth: 1 } },
      },
      { runs, progress: createProgress({ form: 'silent' }) },
    );
  none = await make(0);
  both = await make(0.1);
});
after(() => rmSync(runs, { recursive: true, force: true }));

const cell = (constraints: string, result: RunResult) => ({ label: '', factors: { constraints, seed: 0 }, result });

test('an adversary that answers the third class to everything is right where that is asked; no tensor is left', async () => {
  const { checkpoint } = setFiles(both.run);
  const { tensors, metadata } = readSafetensors(checkpoint);
  const changed = Object.entries(tensors).map(([name, tensor]) => {
    if (!name.startsWith('adversary.')) return [name, tensor] as const;
    const values = new Float32Array(tensor.values.length);
    // The classifier's bias, a number a class.
    if (tensor.shape.length === 1 && /classifier|fc|linear/.test(name)) values[2] = 1;
    return [name, { ...tensor, values }] as const;
  });
  writeSafetensors(checkpoint, Object.fromEntries(changed), metadata);
  const { test: images } = await dataAtHand('shapes');
  const before = tf.memory().numTensors;
  const [measured, ...others] = await measureAdversaries([cell('none', none), cell('both', both)]);
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([others.length, measured.factors.constraints], [0, 'both'], 'without L_cos there is none');
  const { accuracy } = measured.view;
  // Two hallucinations of one basis of each class.
  assert.equal(accuracy?.hallucinations, 1 / images.classCount);
  assert.equal(accuracy?.test, images.indicesOfClass[2].length / images.count);
});

test('L_cos is that of the iterations; curves are means over seeds; a checkpoint that was removed is said to be', async () => {
  const cosine = readMetrics(both.run).map((metrics) => metrics.cosine!);
  rmSync(setFiles(both.run).checkpoint);
  const measured = await measureAdversaries([cell('both', both)]);
  assert.deepEqual(measured[0].view, { cosine });
  const { table } = adversaryTable('adversary', measured);
  assert.deepEqual(
    [table.get('L_cos, first tenth', 0), table.get('L_cos, last tenth', 0)],
    [cosine[0], cosine[2]].map((value) => Number(value.toFixed(3))),
  );
  assert.equal(table.get('adversary on test images (%)', 0), 'checkpoint removed');
  const made = [0.2, 0.6].map((value, seed) => ({
    ...measured[0],
    factors: { constraints: 'both', seed },
    view: { cosine: [value, value / 2], accuracy: { hallucinations: value, test: 0.1 } },
  }));
  assert.deepEqual(cosineCurves(made), [
    {
      label: 'both',
      metrics: [
        { iteration: 1, loss: 0.4 },
        { iteration: 2, loss: 0.2 },
      ],
    },
  ]);
  const two = adversaryTable('adversary', made).table;
  // Less by 0.1 and by 0.3.
  assert.deepEqual(
    [two.get('difference to the first tenth', 0), two.get('adversary on hallucinations (%)', 0)],
    ['-0.200', '40.0'],
  );
});
