/** A task that stores a finished set in another precision: made after its set, found again, and read from JSON. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runGrid, storedRuns } from '../../lib/experiments/grid';
import { configureTask, lookUp } from '../../lib/experiments/look-up';
import { planRuns } from '../../lib/experiments/plan';
import { readTaskRequest, setTaskOf, type RunTask } from '../../lib/experiments/task';
import { readRunsSet } from '../../lib/runs/distilled-file';
import { cell, distillation, listen } from './tiny-grid';

let places: { runs: string };
before(() => (places = { runs: mkdtempSync(path.join(tmpdir(), 'haba-stored-task-')) }));
after(() => rmSync(places.runs, { recursive: true, force: true }));

const made = distillation('images');
const of = setTaskOf(made.task) as Extract<RunTask, { kind: 'run' }>;
const stored = cell('images, int8', { kind: 'stored', of, as: { precision: 'int8' } });

test('the set is distilled once, then stored beside itself with students of its own; asked for again nothing is made', async () => {
  const found = await lookUp(stored.task, places);
  assert.deepEqual([found.set, found.all], [false, false]);
  const planned = await planRuns(
    [made, stored].map(({ label, task }) => ({ label, task, found })),
    places,
  );
  assert.deepEqual(
    planned.map((task) => task.after),
    [[], [0]],
  );

  const [, { result }] = await runGrid([made, stored], { ...places, progress: listen().progress });
  assert.equal(readdirSync(places.runs).length, 2);
  assert.equal(result.kind, 'stored');
  const distilled = readRunsSet(result.run);
  distilled.dispose();
  const { set } = distilled;
  assert.deepEqual([distilled.stored?.precision, set.perClass], ['int8', 1]);
  // A byte a value, and a step and a zero of 32 bits for each colour.
  assert.equal(
    result.ledger.bits,
    8 * set.itemCount * set.imageShape.reduce((product, side) => product * side) + 64 * 3,
  );

  assert.equal((await lookUp(stored.task, places)).all, true);
  const stages: string[] = [];
  const again = await runGrid([stored], {
    ...places,
    progress: listen(undefined, (name) => stages.push(name)).progress,
  });
  assert.deepEqual([again[0].result.run, stages], [result.run, []]);
});

test('what is stored of a grid is read, in its order, and nothing else is made', async () => {
  const absent = distillation('images', { seed: 9 });
  const before = readdirSync(places.runs);
  const notes: string[] = [];
  const { progress } = listen();
  const told = { ...progress, note: (message: string) => notes.push(message) };
  const runs = await storedRuns([absent, stored, made], { ...places, progress: told });
  assert.deepEqual(
    runs.map(({ label, result }) => [label, result.kind]),
    [
      [stored.label, 'stored'],
      [made.label, 'distillation'],
    ],
  );
  assert.deepEqual(notes, ['2 of 3 runs are stored; runGrid makes the others']);
  assert.deepEqual(readdirSync(places.runs), before);
});

test('a precision that there is not is refused before anything runs; JSON holds the task, real images do not have one', () => {
  assert.throws(() => configureTask({ kind: 'stored', of, as: { precision: 'int4' as never } }), /precision/);
  assert.throws(() => configureTask({ kind: 'stored', of, as: { precision: 'int8', groups: 3 } }), /'groups'/);
  const request = { label: 'a', task: stored.task, places: {} };
  assert.deepEqual(readTaskRequest(JSON.stringify(request), 'FILE'), request);
  const real = { ...request, task: { ...stored.task, of: { kind: 'baseline', input: { baseline: 'random' } } } };
  assert.throws(() => readTaskRequest(JSON.stringify(real), 'FILE'), /'task\.of\.kind'/);
});
