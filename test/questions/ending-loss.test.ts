/** Where a run's loss has come to: a small run on the embedded dataset, its lines read by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { endingLoss } from '../../lib/questions/ending-loss';
import { run } from '../../lib/runs/run';
import { createProgress } from '../../lib/terminal/progress';

test('the mean of the last tenth of the iterations, rounded up: of eleven the last two', async () => {
  const runs = mkdtempSync(path.join(tmpdir(), 'haba-ending-loss-'));
  try {
    const result = await run(
      {
        ...{ profile: 'smoke', dataset: 'shapes', matching: { method: 'dm' }, set: { kind: 'images', ipc: 1 } },
        ...{ network: { width: 4, depth: 1 }, iterations: 11, evaluation: { students: 1, updates: 1 } },
      },
      { runs, progress: createProgress({ form: 'silent' }) },
    );
    const lines = readFileSync(path.join(result.run, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const losses = lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
    assert.equal(losses.length, 11);
    assert.equal(endingLoss({ result }), (losses[9] + losses[10]) / 2);
  } finally {
    rmSync(runs, { recursive: true });
  }
});
