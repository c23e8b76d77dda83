/** Rows of a small profile, really measured in processes of their own. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { ConfigurationInput } from '../../../lib/distillation/configuration';
import { createProgress, type ProgressReporter } from '../../../lib/terminal/progress';
import { scalingRow } from '../../../lib/tools/scaling/rows';
import { scaling } from '../../../lib/tools/scaling/scaling';

const place = mkdtempSync(path.join(tmpdir(), 'haba-test-'));
const folder = path.join(place, 'scaling');
const temporary = path.join(place, 'temporary');
mkdirSync(temporary);
// Where stand-ins for experts would be left, were they not removed.
process.env.TMPDIR = temporary;
after(() => rmSync(place, { recursive: true, force: true }));

const silent = createProgress({ form: 'silent' });
const row = (input: ConfigurationInput) =>
  scalingRow(
    { profile: 'smoke', dataset: 'shapes', network: { width: 4 }, constraints: { adversary: { width: 4 } }, ...input },
    { nominal: 1, size: { train: 60, test: 20 }, label: 'shapes' },
  );
const rows = [
  row({ matching: { method: 'mtt' }, set: { kind: 'haba', basesPerClass: 1 }, whitening: 'zca' }),
  row({ matching: { method: 'dm' }, set: { kind: 'images', ipc: 2 } }),
];
const contents = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));

test('an interrupt after the expert keeps it; the same again measures the rest, and a third time nothing', async () => {
  const stopping = new AbortController();
  const progress: ProgressReporter = { ...silent, update: () => stopping.abort() };
  await assert.rejects(scaling({ rows, folder, progress, signal: stopping.signal }), {
    name: 'RunStopped',
    message: `Stopped: 1 of 3 are measured, and kept in ${folder}; the same again goes on.`,
  });
  const kept = contents();
  assert.equal(Object.keys(kept).length, 1);

  const found = await scaling({ rows, folder, progress: silent });
  const all = contents();
  assert.equal(Object.keys(all).length, 3);
  const [[expert, text]] = Object.entries(kept);
  assert.equal(all[expert], text);
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('haba-')),
    [],
  );

  const [trajectory, means] = found.rows.map(({ measurement }) => measurement);
  for (const { iteration, peakBytes, updateSeconds, testSeconds } of [trajectory, means]) {
    assert.equal(iteration?.repetitions, 3);
    assert.ok(iteration.seconds > 0 && updateSeconds > 0 && testSeconds > 0);
    // Node and TensorFlow alone take more than this.
    assert.ok(peakBytes > 1e8);
  }
  assert.equal(trajectory.unroll, 'full');
  assert.equal(means.unroll, undefined);
  // The smoke profile gives students a number of steps, whatever their set.
  assert.equal(trajectory.updates, 30);
  assert.deepEqual(
    found.experts.map(({ dataset, count, epochs, images }) => ({ dataset, count, epochs, images })),
    [{ dataset: 'shapes', count: 1, epochs: 1, images: 60 }],
  );
  assert.ok(found.experts[0].measurement.imageSeconds > 0);

  assert.deepEqual(await scaling({ rows, folder, progress: silent }), found);
  assert.deepEqual(contents(), all);
});

test('an iteration that would take longer than allowed is not tried, said so, and tried once that is allowed', async () => {
  const another = path.join(place, 'another');
  const notes: string[] = [];
  const progress: ProgressReporter = { ...silent, note: (message) => notes.push(message) };
  const {
    rows: [{ measurement }],
  } = await scaling({ rows: rows.slice(1), folder: another, longestSeconds: 0, progress });
  assert.equal(measurement.iteration, undefined);
  assert.match(measurement.untried!.why, /^it would take about .* \(--longest\)$/);
  assert.ok(measurement.estimate!.iterationSeconds > 0 && measurement.updateSeconds > 0);
  assert.match(notes.join('\n'), /DM, images, 1, 10 classes: not tried: it would take about/);
  assert.equal(readdirSync(another).length, 1);
  const again = await scaling({ rows: rows.slice(1), folder: another, longestSeconds: 0, progress: silent });
  assert.deepEqual(again.rows[0].measurement, measurement);
  const allowed = await scaling({ rows: rows.slice(1), folder: another, progress: silent });
  assert.equal(allowed.rows[0].measurement.untried, undefined);
  assert.ok(allowed.rows[0].measurement.iteration);
});

test('where the process of a row is killed, the row is not tried, said so, and the others go on', async (context) => {
  if (process.platform !== 'linux') return context.skip('which processes it started only Linux tells here');
  const notes: string[] = [];
  let killed = false;
  // It takes longer to load TensorFlow than to be found here.
  const finder = setInterval(() => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    const measuring = children.find((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('process.ts'));
    if (killed || measuring === undefined) return;
    killed = true;
    process.kill(Number(measuring), 'SIGKILL');
  }, 20);
  try {
    const progress: ProgressReporter = { ...silent, note: (message) => notes.push(message) };
    const another = path.join(place, 'killed');
    const found = await scaling({ rows: [rows[1], row({ matching: { method: 'dm' } })], folder: another, progress });
    const [first, second] = found.rows.map(({ measurement }) => measurement);
    assert.equal(first.untried?.why, 'its process was ended by SIGKILL, as where memory runs out');
    assert.ok(first.iteration === undefined && first.updateSeconds > 0);
    assert.ok(second.iteration);
    assert.match(notes[0], /DM, images, 1, 10 classes: its process was ended by SIGKILL/);
    assert.equal(readdirSync(another).length, 2);
  } finally {
    clearInterval(finder);
  }
});

test('a damaged measurement is refused by its file, and not overwritten', async () => {
  const name = readdirSync(folder).find((one) => one.startsWith('dm-'))!;
  const file = path.join(folder, name);
  const whole = readFileSync(file, 'utf8');
  const damaged = whole.replace(/"peakBytes": \d/, '"peakBytes": 77');
  assert.notEqual(damaged, whole);
  writeFileSync(file, damaged);
  await assert.rejects(scaling({ rows: rows.slice(1), folder, progress: silent }), (error: Error) => {
    assert.match(
      error.message,
      /dm-images.*cannot be used: its content does not fit its checksum.*Remove it to measure anew/,
    );
    return true;
  });
  assert.equal(readFileSync(file, 'utf8'), damaged);
});
