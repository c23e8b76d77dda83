/** Baselines of real images: of no method, and possible in every profile. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { profileNames } from '../../lib/settings/profile-names';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { constraintAblation } from '../../lib/questions/constraint-ablation/grid';
import { crossArchitecture } from '../../lib/questions/cross-architecture/grid';
import { diversity } from '../../lib/questions/diversity/grid';
import { methodsGrid } from '../../lib/questions/methods/grid';
import { storageEfficiency } from '../../lib/questions/storage-efficiency/grid';
import { hallucinationGrid } from '../../lib/report/grids';
import { readMetrics, setFiles } from '../../lib/runs/run-files';
import { run, runBaseline, withStudents, type BaselineInput } from '../../lib/runs/run';
import type { RunOptions } from '../../lib/runs/context';
import { createProgress } from '../../lib/terminal/progress';

let options: RunOptions & { runs: string };
before(() => {
  options = { runs: mkdtempSync(path.join(tmpdir(), 'haba-baselines-')), progress: createProgress({ form: 'silent' }) };
});
after(() => rmSync(options.runs, { recursive: true, force: true }));

const small = {
  profile: 'smoke',
  dataset: 'shapes',
  network: { width: 4, depth: 1 },
  evaluation: { students: 1, updates: 2 },
} as const;

test('a method is refused: students on real images are trained alike beside all of them', async () => {
  const input = { ...small, baseline: 'random', ipc: 1, matching: { method: 'dc' } } as BaselineInput;
  await assert.rejects(runBaseline(input, options), /A baseline is matched to nothing: leave 'matching' out/);
});

test('in every profile a baseline has a rate of its own, and in every question its students are those of images', () => {
  for (const profile of profileNames) {
    const settings = { profile, dataset: 'cifar10' } as const;
    const cells = [
      ...storageEfficiency(settings),
      ...diversity(settings),
      ...crossArchitecture(settings),
      ...constraintAblation(settings),
      ...methodsGrid(settings),
    ];
    const baselines = cells.flatMap(({ label, task }) =>
      task.kind === 'baseline' ? [{ label, input: task.input }] : [],
    );
    assert.ok(baselines.length > 0);
    for (const { label, input } of baselines) {
      const { baseline, ipc, ...rest } = input;
      const set: ConfigurationInput['set'] = { kind: 'images', ipc };
      const { evaluation, whitening } = configure({ ...rest, matching: { method: 'dm' }, set });
      assert.equal(evaluation.learningRate, 0.01, `${profile}: ${label}, ${baseline}`);
      const images = configure({ ...rest, matching: { method: 'dm' }, set });
      assert.deepEqual([evaluation, whitening], [images.evaluation, images.whitening]);
    }
  }
});

test('students of all methods have one recipe, but for the rate that trajectory matching learns', () => {
  const of = (method: 'dm' | 'dc' | 'dsa' | 'mtt', kind: 'images' | 'haba') => {
    const { learningRate, ...recipe } = configure({ matching: { method }, set: { kind } }).evaluation;
    assert.equal(learningRate, method === 'mtt' ? 'learned' : 0.01);
    return recipe;
  };
  for (const method of ['dm', 'dc', 'dsa', 'mtt'] as const) {
    for (const kind of ['images', 'haba'] as const) assert.deepEqual(of(method, kind), of('dm', 'images'));
  }
});

test('other students keep the length that is recorded, unless another is given in either unit', () => {
  const made = configure({ evaluation: { epochs: 50 } });
  const lengthOf = (evaluation: ConfigurationInput['evaluation']) => {
    const { epochs, updates } = withStudents(made, { evaluation }).evaluation;
    return [epochs, updates];
  };
  assert.deepEqual(lengthOf({ epochs: undefined, updates: undefined, students: 2 }), [50, undefined]);
  assert.deepEqual(lengthOf({ updates: 7 }), [undefined, 7]);
  assert.deepEqual(lengthOf({ epochs: 7, updates: undefined }), [7, undefined]);
});

test("metrics that lack lines, and a set of another run in a run's place, are noticed by whoever shows them", async () => {
  const input = {
    ...small,
    iterations: 4,
    matching: { method: 'dm', realBatch: 2 },
    set: { kind: 'images', ipc: 1 },
  } as const;
  const [one, other] = [await run({ ...input, seed: 1 }, options), await run({ ...input, seed: 2 }, options)];
  assert.equal(readMetrics(one.run).length, 4);
  const { metrics, distilled } = setFiles(one.run);
  writeFileSync(metrics, readFileSync(metrics, 'utf8').split('\n').slice(0, 2).join('\n') + '\n');
  assert.throws(
    () => readMetrics(one.run),
    /has 2 iterations, and the run 4: lines are missing\. .*runs remove .* --runs /,
  );
  rmSync(metrics);
  assert.throws(() => readMetrics(one.run), /has 0 iterations, and the run 4/);
  writeFileSync(distilled, readFileSync(setFiles(other.run).distilled));
  assert.throws(() => hallucinationGrid(one), /was made by the run [0-9a-f]{10}, not by [0-9a-f]{10}.*runs remove/);
  rmSync(distilled);
  assert.throws(() => hallucinationGrid(one), /There is no .*distilled\.safetensors\. .*runs remove/);
});
