/** What a start takes before the first iteration: told, kept, gone on with, and done once. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { RunStopped, type RunOptions } from '../../lib/runs/context';
import { readRunsSet } from '../../lib/runs/distilled-file';
import { run } from '../../lib/runs/run';
import { setFiles } from '../../lib/runs/run-files';
import { listRuns } from '../../lib/runs/run-store';
import type { RunResult } from '../../lib/runs/train-students';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'ddif', ipc: 2, hidden: 3, fitSteps: 40 },
  network: { width: 4, depth: 2 },
  iterations: 2,
  checkpointEvery: 10,
  evaluation: { students: 1, updates: 2 },
};

let folder: string;
let whole: RunResult;
const stages: string[] = [];
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string): RunOptions => ({ runs: path.join(folder, name), progress: silent });

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-prepare-'));
  const progress = {
    ...silent,
    stage: ({ name, total, done }: { name: string; total: number; done?: number }) =>
      void stages.push(`${name} ${done} of ${total}`),
  };
  whole = await run(input, { ...inFolder('whole'), progress });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function valuesOf(result: RunResult): Record<string, number[]> {
  const distilled = readRunsSet(result.run);
  const values = Object.entries(distilled.parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]);
  distilled.dispose();
  return Object.fromEntries(values) as Record<string, number[]>;
}

/** Runs until `step` of a stage, at which `act` is called. */
function until(stage: string, step: number, act: () => void): ProgressReporter {
  let current = '';
  return {
    ...silent,
    stage: ({ name }) => void (current = name),
    update(done) {
      if (current === stage && done === step) act();
    },
  };
}
const dies = () => {
  throw new Error('killed');
};

test('it is a stage of its own before the iterations, and leaves no file', () => {
  assert.deepEqual(stages.slice(0, 2), ['fitting fields 0 of 40', 'distilling 0 of 2']);
  assert.equal(existsSync(setFiles(whole.run).preparation), false);
});

test('stopped, then killed, then killed again in the first iteration, it ends bit for bit where an undisturbed run does', async () => {
  const options = inFolder('disturbed');
  const stop = new AbortController();
  const stopping = until('fitting fields', 7, () => stop.abort());
  await assert.rejects(run(input, { ...options, progress: stopping, signal: stop.signal }), RunStopped);
  const [{ folder: begun, state }] = listRuns(options.runs);
  const files = setFiles(begun);
  assert.equal(state, 'unfinished');
  assert.deepEqual([existsSync(files.preparation), existsSync(files.checkpoint)], [true, false]);

  const told: (number | undefined)[] = [];
  const killed = until('fitting fields', 21, dies);
  const both: ProgressReporter = {
    ...killed,
    stage(stage) {
      told.push(stage.done);
      killed.stage(stage);
    },
  };
  await assert.rejects(run(input, { ...options, progress: both }), /killed/);
  assert.deepEqual(told, [7], 'goes on where it stopped');
  assert.equal(existsSync(files.preparation), true);

  await assert.rejects(run(input, { ...options, progress: until('distilling', 1, dies) }), /killed/);
  assert.deepEqual([existsSync(files.preparation), existsSync(files.checkpoint)], [false, true]);

  const again: string[] = [];
  const naming = { ...silent, stage: ({ name }: { name: string }) => void again.push(name) };
  const resumed = await run(input, { ...options, progress: naming });
  assert.equal(again[0], 'distilling', 'what was prepared is not prepared again');
  assert.deepEqual(valuesOf(resumed), valuesOf(whole));
  assert.deepEqual(resumed.accuracy, whole.accuracy);
});

test('what was damaged, or is of another run, is refused, and nothing is changed', async () => {
  const options = inFolder('damaged');
  const stop = new AbortController();
  const stopping = until('fitting fields', 7, () => stop.abort());
  await assert.rejects(run(input, { ...options, progress: stopping, signal: stop.signal }), RunStopped);
  const [{ folder: begun }] = listRuns(options.runs);
  const { preparation } = setFiles(begun);
  const content = readFileSync(preparation);
  content[content.length - 3] ^= 1;
  writeFileSync(preparation, content);
  await assert.rejects(run(input, options), /preparation\.safetensors .*checksum.* To begin this run anew/);
  assert.deepEqual(readFileSync(preparation), content);

  const other = { ...input, seed: 1 };
  const second = new AbortController();
  const at = until('fitting fields', 7, () => second.abort());
  await assert.rejects(run(other, { ...options, progress: at, signal: second.signal }), RunStopped);
  const theirs = listRuns(options.runs).find((one) => one.folder !== begun)!;
  writeFileSync(preparation, readFileSync(setFiles(theirs.folder).preparation));
  await assert.rejects(run(input, options), /is not a preparation of this run's set: it belongs to/);
});
