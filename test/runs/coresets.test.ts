/** Coresets as runs: what they share, what they keep, and where they go on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { RunOptions } from '../../lib/runs/context';
import { hashInName, readSelection, readSetResult } from '../../lib/runs/run-files';
import { listRuns } from '../../lib/runs/run-store';
import { runBaseline, type BaselineInput } from '../../lib/runs/run';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';
import { writeDigits } from '../faults/world';

let folder: string;
let options: RunOptions & { runs: string };
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-coresets-'));
  const [data, runs] = ['data', 'runs'].map((name) => path.join(folder, name));
  options = { data, runs, progress: createProgress({ form: 'silent' }) };
  writeDigits(data);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const small = {
  profile: 'smoke',
  dataset: 'mnist',
  network: { width: 4, depth: 1 },
  evaluation: { students: 1, updates: 2 },
} as const;

const selected = (run: string) => [...readSelection({ folder: run, hash: hashInName(run) })];
const folders = (beginning: string) => readdirSync(options.runs).filter((name) => name.startsWith(beginning));

/** Names of the stages that work went through. */
function listening(): { stages: string[]; progress: ProgressReporter } {
  const stages: string[] = [];
  const silent = createProgress({ form: 'silent' });
  return { stages, progress: { ...silent, stage: (stage) => (stages.push(stage.name), silent.stage(stage)) } };
}

test('every coreset takes other images, so many of each class, and trains students on them', async () => {
  const inputs: Pick<BaselineInput, 'baseline' | 'keep'>[] = [
    { baseline: 'random' },
    { baseline: 'herding' },
    { baseline: 'k-centre' },
    { baseline: 'k-medoids' },
    { baseline: 'el2n' },
    { baseline: 'el2n', keep: 'hardest' },
  ];
  const { stages, progress } = listening();
  const chosen: string[] = [];
  for (const input of inputs) {
    const result = await runBaseline({ ...small, ...input, ipc: 2 }, { ...options, progress });
    const images = selected(result.run);
    assert.equal(new Set(images).size, 20);
    assert.equal(result.storedFloats, 20 * 32 * 32);
    assert.equal(result.trainingImages, 20);
    assert.ok(result.accuracy.mean >= 0 && result.accuracy.mean <= 1);
    chosen.push([...images].sort((first, second) => first - second).join());
  }
  assert.equal(new Set(chosen).size, inputs.length);
  // One network for three coresets, two for both ends of EL2N.
  const trained = stages.filter((name) => name.startsWith('training for'));
  assert.deepEqual(trained, [
    'training for features',
    'training for EL2N, network 1 of 2',
    'training for EL2N, network 2 of 2',
  ]);
  assert.deepEqual([folders('features-').length, folders('el2n-scores-').length], [1, 1]);
  assert.ok(listRuns(options.runs).every(({ state }) => state === 'finished'));
});

test('other budgets go by the same network; its seconds count as theirs', async () => {
  const { stages, progress } = listening();
  const result = await runBaseline({ ...small, baseline: 'k-centre', ipc: 3 }, { ...options, progress });
  assert.ok(!stages.some((name) => name.startsWith('training for')));
  // Greedy: what was chosen for two is chosen for three.
  const [two] = folders('k-centre-mnist-ipc2');
  const before2 = selected(path.join(options.runs, two));
  const now = selected(result.run);
  for (let label = 0; label < 10; label++) {
    assert.deepEqual(now.slice(3 * label, 3 * label + 2), before2.slice(2 * label, 2 * label + 2));
  }
  const [features] = folders('features-');
  const basis = readSetResult({ folder: path.join(options.runs, features), hash: hashInName(features) })!;
  const own = readSetResult({ folder: result.run, hash: hashInName(result.run) })!;
  assert.ok(basis.seconds > 0 && own.seconds > basis.seconds);
});

test('stopped between its networks, EL2N goes on with the first that is not kept', async () => {
  const input = { ...small, baseline: 'el2n', ipc: 1, seed: 5 } as const;
  const stop = new AbortController();
  const first = listening();
  const stopping: ProgressReporter = {
    ...first.progress,
    stage(stage) {
      first.progress.stage(stage);
      if (stage.name.endsWith('network 2 of 2')) stop.abort();
    },
  };
  await assert.rejects(runBaseline(input, { ...options, progress: stopping, signal: stop.signal }), {
    name: 'RunStopped',
  });
  const second = listening();
  const result = await runBaseline(input, { ...options, progress: second.progress });
  assert.deepEqual(
    second.stages.filter((name) => name.startsWith('training for')),
    ['training for EL2N, network 2 of 2'],
  );
  const resumed = selected(result.run);
  // The same as at one go: networks draw from streams of their own.
  rmSync(result.run, { recursive: true });
  for (const name of folders('el2n-scores-')) rmSync(path.join(options.runs, name), { recursive: true });
  assert.deepEqual(selected((await runBaseline(input, options)).run), resumed);
});

test('a damaged network is noticed, named, and not gone by', async () => {
  const [name] = folders('features-');
  const file = path.join(options.runs, name, 'network.safetensors');
  const bytes = readFileSync(file);
  bytes[statSync(file).size - 1] ^= 1;
  writeFileSync(file, bytes);
  await assert.rejects(
    runBaseline({ ...small, baseline: 'herding', ipc: 1 }, options),
    /network\.safetensors.*runs remove features-/,
  );
});

test('what is no baseline, and an end of scores that there is not, are refused with what is allowed', async () => {
  const refused = (input: object, message: RegExp) =>
    assert.rejects(runBaseline({ ...small, ipc: 1, ...input } as BaselineInput, options), message);
  await refused(
    { baseline: 'best' },
    /no baseline 'best'; allowed are random, herding, k-centre, k-medoids, el2n, full/,
  );
  await refused({ baseline: 'el2n', keep: 'both' }, /'keep' is 'both'; allowed are easiest, hardest/);
  await refused({ baseline: 'herding', keep: 'easiest' }, /'herding' has no scores; only 'el2n' has/);
});
