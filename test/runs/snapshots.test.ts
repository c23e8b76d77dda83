/** Sets that a run keeps at given iterations: the ones that shorter runs end in, kept through interrupts, and trained on. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { openJsonLines } from '../../lib/files/json-lines';
import { takeLock } from '../../lib/files/lock';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { configureTask, lookUp } from '../../lib/experiments/look-up';
import { executeTask } from '../../lib/experiments/execute-task';
import { readTaskRequest, type RunTask } from '../../lib/experiments/task';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { distilledBytes, readResultsSet, readRunsSet } from '../../lib/runs/distilled-file';
import { evaluateFile } from '../../lib/runs/evaluate-file';
import { snapshotPlace } from '../../lib/runs/identity';
import { RunStopped } from '../../lib/runs/context';
import { evaluateRun, evaluateSnapshot, run } from '../../lib/runs/run';
import { hashInName, readMetrics, readStudents, setFiles } from '../../lib/runs/run-files';
import { findRun, removeRuns } from '../../lib/runs/run-store';
import { storeRun } from '../../lib/runs/store';
import type { RunResult } from '../../lib/runs/train-students';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';
import { tf } from '../../lib/tensor/tensorflow';

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  set: { kind: 'haba', basesPerClass: 1, hallucinators: 2 },
  network: { width: 4, depth: 1 },
  constraints: { adversary: { width: 4, depth: 1 } },
  iterations: 5,
  checkpointEvery: 2,
  snapshots: [3, 1, 0, 3, 5],
  evaluation: { students: 1, updates: 2 },
};

let folder: string;
let whole: RunResult;
const silent = createProgress({ form: 'silent' });
const inFolder = (name: string) => ({ runs: path.join(folder, name), progress: silent });
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-snapshots-'));
  whole = await run(input, inFolder('whole'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const placeOf = ({ run: place }: RunResult, iteration: number) =>
  snapshotPlace({ folder: place, hash: hashInName(place) }, iteration);

function valuesOf(place: string): Record<string, number[]> {
  const distilled = readRunsSet(place);
  const values = Object.entries(distilled.parameters).map(([name, tensor]) => [name, [...tensor.dataSync()]]);
  distilled.dispose();
  return Object.fromEntries(values) as Record<string, number[]>;
}

/** Stops at an iteration by `act`. */
const at = (iteration: number, act: () => void): ProgressReporter => ({
  ...silent,
  update(done) {
    if (done === iteration) act();
  },
});
const dies = () => {
  throw new Error('killed');
};

test('each is the set that a run of so many iterations ends in, bit for bit; the run is called and comes out as without', async () => {
  for (const iterations of [0, 1, 3]) {
    const shorter = await run({ ...input, iterations, snapshots: [] }, inFolder('shorter'));
    assert.deepEqual(valuesOf(placeOf(whole, iterations).folder), valuesOf(shorter.run), String(iterations));
  }
  assert.notDeepEqual(valuesOf(placeOf(whole, 3).folder), valuesOf(placeOf(whole, 1).folder));
  const without = await run({ ...input, snapshots: undefined }, inFolder('without'));
  assert.equal(path.basename(without.run), path.basename(whole.run));
  assert.deepEqual(valuesOf(without.run), valuesOf(whole.run));
  assert.deepEqual(findRun(path.basename(whole.run), path.join(folder, 'whole')).snapshots, [0, 1, 3]);
});

test('stopped, then killed between a snapshot and its checkpoint, it keeps the same ones', async () => {
  const options = inFolder('disturbed');
  const stop = new AbortController();
  await assert.rejects(
    run(input, { ...options, progress: at(2, () => stop.abort()), signal: stop.signal }),
    RunStopped,
  );
  // The third iteration's set is kept; its checkpoint is that of the second.
  await assert.rejects(run(input, { ...options, progress: at(4, dies) }), /killed/);
  const resumed = await run(input, options);
  for (const iteration of [0, 1, 3]) {
    assert.deepEqual(
      readFileSync(setFiles(placeOf(resumed, iteration).folder).distilled),
      readFileSync(setFiles(placeOf(whole, iteration).folder).distilled),
    );
  }
  assert.deepEqual(resumed.accuracy, whole.accuracy);
});

test('a stored run that has not kept one says so, does its iterations up to it once more, and stays what it was', async () => {
  const options = inFolder('later');
  const made = await run({ ...input, snapshots: [1] }, options);
  const { distilled, metrics, result, checkpoint } = setFiles(made.run);
  const files = [distilled, metrics, result, checkpoint, setFiles(placeOf(made, 1).folder).distilled];
  const before = files.map((file) => [readFileSync(file), statSync(file).mtimeMs]);
  const stop = new AbortController();
  const stopping = at(2, () => stop.abort());
  const wanted = { ...input, snapshots: [0, 1, 3] };
  await assert.rejects(run(wanted, { ...options, progress: stopping, signal: stop.signal }), RunStopped);
  assert.deepEqual(findRun(path.basename(made.run), options.runs).snapshots, [0, 1]);
  const news: string[] = [];
  const steps: number[] = [];
  const told: ProgressReporter = {
    ...silent,
    update: (done) => void steps.push(done),
    note: (said, kind) => void (kind === 'news' && news.push(said)),
  };
  assert.equal((await lookUp({ kind: 'run', input: wanted }, { runs: options.runs })).all, false);
  const again = await run(wanted, { ...options, progress: told });
  assert.match(
    news.join('; '),
    /has kept no set of iteration 3: its first 3 iterations are done again for them, which took .* when it was made/,
  );
  assert.deepEqual(steps, [1, 2, 3]);
  assert.deepEqual(again.accuracy, made.accuracy);
  for (const iteration of [0, 1, 3]) {
    assert.deepEqual(valuesOf(placeOf(again, iteration).folder), valuesOf(placeOf(whole, iteration).folder));
  }
  assert.deepEqual(
    files.map((file) => [readFileSync(file), statSync(file).mtimeMs]),
    before,
  );
  // Fewer are no matter.
  assert.deepEqual((await run({ ...input, snapshots: [1] }, options)).accuracy, whole.accuracy);
});

test('begun without, it keeps those that come, and makes the others when it is done', async () => {
  const begun = inFolder('begun');
  const stop = new AbortController();
  const progress = at(2, () => stop.abort());
  await assert.rejects(run({ ...input, snapshots: [] }, { ...begun, progress, signal: stop.signal }), RunStopped);
  const resumed = await run({ ...input, snapshots: [1, 3] }, begun);
  for (const iteration of [1, 3]) {
    assert.deepEqual(valuesOf(placeOf(resumed, iteration).folder), valuesOf(placeOf(whole, iteration).folder));
  }
  assert.deepEqual(valuesOf(resumed.run), valuesOf(whole.run));
});

test('where iterations come out differently than they were recorded, nothing is taken for the sets of that run', async () => {
  const options = inFolder('elsewhere');
  const made = await run({ ...input, snapshots: [] }, options);
  const { metrics } = setFiles(made.run);
  const { identity, advice } = { identity: hashInName(made.run), advice: '' };
  const recorded = readMetrics(made.run);
  const lines = openJsonLines(metrics, { identity, advice, keepBytes: 0 });
  for (const line of recorded) lines.append(line.iteration === 2 ? { ...line, loss: 1.1 * line.loss } : line);
  lines.close();
  await assert.rejects(
    run({ ...input, snapshots: [1, 3] }, options),
    /Iteration 2 comes to a loss of .* here, and came to .* To begin this run anew: .*runs remove haba-/,
  );
  assert.equal(existsSync(placeOf(made, 3).folder), false);
});

test('an iteration that the run does not come to, and what is no iteration, are refused before anything runs', () => {
  assert.throws(() => configure({ ...input, snapshots: [6] }), /'snapshots' has iteration 6 and 'iterations' is 5/);
  assert.throws(() => configure({ ...input, snapshots: [-1] }), /'snapshots\.0' is -1; allowed is at least 0/);
  assert.throws(() => configure({ ...input, snapshots: [1.5] }), /'snapshots\.0' is 1\.5; expected an integer/);
});

test('students of a snapshot are stored under the run, trained once, and know what they were trained on', async () => {
  const options = inFolder('whole');
  const tensors = tf.memory().numTensors;
  const one = await evaluateSnapshot(whole, 1, {}, options);
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual([one.run, one.snapshot], [whole.run, { iteration: 1, folder: placeOf(whole, 1).folder }]);
  assert.ok(one.students.startsWith(path.join(whole.run, 'snapshots', 'iteration-1-')));
  // As many and as long as the run's own, on the set that the shorter run ends in.
  const shorter = await run({ ...input, iterations: 1, snapshots: [] }, inFolder('shorter'));
  assert.deepEqual(one.accuracy, shorter.accuracy);
  assert.equal(one.storedFloats, whole.storedFloats);
  // Of the iterations up to it, and of its students.
  const [{ seconds }] = readMetrics(whole.run);
  const [student] = readStudents({ folder: one.students, hash: hashInName(one.students) });
  assert.equal(one.seconds, seconds + student.seconds);

  const trained = statSync(path.join(one.students, 'students.jsonl')).mtimeMs;
  assert.deepEqual(await evaluateSnapshot(whole, 1, {}, options), one);
  assert.equal(statSync(path.join(one.students, 'students.jsonl')).mtimeMs, trained);
  // Others of the same snapshot, by what came of it; the last iteration is the run itself.
  const other = await evaluateRun(one, { evaluation: { updates: 1 } }, options);
  assert.deepEqual([other.snapshot, other.updates], [one.snapshot, 1]);
  assert.equal((await evaluateSnapshot(whole, 5, {}, options)).students, whole.students);
  // By its file, too, which knows what was recorded beside it.
  const file = await evaluateFile(setFiles(placeOf(whole, 1).folder).distilled, { progress: silent });
  assert.deepEqual([file.accuracy, file.recorded], [one.accuracy, one.accuracy]);
  const read = readResultsSet(one);
  assert.deepEqual(read.snapshot, { of: hashInName(whole.run), iteration: 1 });
  read.dispose();
});

test('what there is not is refused with a sentence: another iteration, another kind, another precision', async () => {
  const options = inFolder('whole');
  await assert.rejects(
    evaluateSnapshot(whole, 2, {}, options),
    /has kept no set of iteration 2, only of 0, 1, 3\. Ask its run for it, with 'snapshots': \[2\]/,
  );
  await assert.rejects(evaluateSnapshot(whole, 6, {}, options), /has iterations 0 to 5; asked for was 6/);
  await assert.rejects(evaluateSnapshot({ ...whole, kind: 'random' }, 1, {}, options), /is of kind 'random'/);
  const one = await evaluateSnapshot(whole, 1, {}, options);
  await assert.rejects(
    storeRun(one, { precision: 'int8' }, options),
    /had at iteration 1; store that of a finished run/,
  );
});

test('a file that was damaged, or is of another iteration, is refused', async () => {
  const options = inFolder('whole');
  const { distilled } = setFiles(placeOf(whole, 0).folder);
  const content = readFileSync(distilled);
  const others = { evaluation: { updates: 1 } };
  try {
    writeFileSync(distilled, readFileSync(setFiles(placeOf(whole, 3).folder).distilled));
    await assert.rejects(evaluateSnapshot(whole, 0, others, options), /a file was put in its place.*runs remove haba-/);
    const damaged = Buffer.from(content);
    damaged[damaged.length - 3] ^= 1;
    writeFileSync(distilled, damaged);
    await assert.rejects(evaluateSnapshot(whole, 0, others, options), /checksum.*To begin this run anew.*remove haba-/);
  } finally {
    writeFileSync(distilled, content);
  }
});

test('as a task: plain JSON, looked up before it is done, and refused where its run is not asked to keep it', async () => {
  const places = { runs: path.join(folder, 'tasks') };
  const task: RunTask = { kind: 'evaluation', of: { kind: 'run', input }, students: {}, snapshot: 3 };
  const read = readTaskRequest(JSON.stringify({ label: 'one', task, places }), 'it');
  assert.deepEqual(read.task, task);
  assert.equal((await lookUp(task, places)).all, false);
  const done = await executeTask(task, { ...places, progress: silent });
  assert.deepEqual([done.snapshot?.iteration, (await lookUp(task, places)).all], [3, true]);
  assert.equal((await lookUp({ ...task, snapshot: 1 }, places)).all, false);
  assert.throws(() => configureTask({ ...task, snapshot: 2 }), /iteration 2, which its run is not asked to keep/);
});

test('they are told and counted on the disk, and removed with their run, not under students that are trained', async () => {
  const notes: string[] = [];
  const options = { ...inFolder('counted'), progress: { ...silent, note: (said: string) => void notes.push(said) } };
  const made = await run(input, options);
  const { train } = await dataAtHand('shapes');
  const bytes = distilledBytes(configure(input), train);
  const sizes = [0, 1, 3].map((iteration) => statSync(setFiles(placeOf(made, iteration).folder).distilled).size);
  // Beside the numbers, a header of names and configuration.
  for (const size of sizes) assert.ok(size > bytes && size < bytes + 8000, `${size} of ${bytes}`);
  assert.ok(notes.includes(`3 snapshots, ${((3 * bytes) / 1e6).toFixed(1)} MB on disk`), notes.join('\n'));
  const found = findRun(path.basename(made.run), options.runs);
  assert.ok(found.bytes > sizes.reduce((sum, size) => sum + size, 0));

  const { students } = await evaluateSnapshot(made, 1, {}, options);
  const lock = await takeLock(students);
  assert.throws(() => removeRuns([path.basename(made.run)], options.runs), /Nothing was removed/);
  await lock.release();
  removeRuns([path.basename(made.run)], options.runs);
  assert.equal(existsSync(made.run), false);
});
