/** Runs that are killed, interrupted or disturbed: nothing is lost, and numbers are those of an undisturbed run. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { setFiles, studentsFiles } from '../../lib/runs/run-files';
import { deadHolder } from '../files/dead-holder';
import { haba, lastJson, startHaba } from './command-line';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-runs-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

// Forty iterations with a checkpoint every third: long enough to be killed in their midst.
const configuration = 'distill --profile smoke --dataset shapes --bases 2 --iterations 40 --seed 3'.split(' ');
const settings = [...configuration, '--set', 'checkpointEvery=3', '--set', 'evaluation.students=2'];
const inFolder = (name: string) => [...settings, '--runs', path.join(folder, name)];

/** The file of a run's students, who are of one recipe. */
function studentsOf(run: string): string {
  const { students } = setFiles(run);
  const [recipe] = existsSync(students) ? readdirSync(students) : [];
  return studentsFiles(path.join(students, recipe ?? 'none')).results;
}

/** What must not depend on how often a run was stopped. */
function outcome(run: string) {
  const { distilled, metrics, result } = setFiles(run);
  const lines = (file: string) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line): Record<string, unknown> => ({ ...(JSON.parse(line) as object), seconds: 0, seal: '' }));
  const { storedFloats } = JSON.parse(readFileSync(result, 'utf8')) as Record<string, unknown>;
  return { losses: lines(metrics), students: lines(studentsOf(run)), storedFloats, distilled: readFileSync(distilled) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const isBeingWritten = (file: string) =>
  existsSync(path.dirname(file)) &&
  readdirSync(path.dirname(file)).some((name) => name.startsWith(path.basename(file)) && name.endsWith('.partial'));

const wholeLines = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);

let undisturbed: string;
before(async () => {
  const finished = await haba(...inFolder('undisturbed'));
  assert.equal(finished.status, 0, finished.stderr);
  undisturbed = lastJson(finished).run as string;
});

test('killed while it distils, while a checkpoint is due, and while students are trained: the same numbers', async () => {
  const run = undisturbed.replace(`${path.sep}undisturbed${path.sep}`, `${path.sep}killed${path.sep}`);
  const { checkpoint, metrics } = setFiles(run);
  const moments: (() => boolean)[] = [
    () => wholeLines(metrics) >= 5,
    () => isBeingWritten(checkpoint) || wholeLines(metrics) >= 20,
    () => wholeLines(studentsOf(run)) >= 1,
  ];
  for (const moment of moments) {
    const { child, finished } = startHaba(inFolder('killed'));
    await until(() => moment() || child.exitCode !== null);
    child.kill('SIGKILL');
    assert.equal((await finished).signal, 'SIGKILL');
  }
  const finished = await haba(...inFolder('killed'));
  assert.equal(finished.status, 0, finished.stderr);
  assert.equal(lastJson(finished).run, run);
  assert.deepEqual(outcome(run), outcome(undisturbed));
});

test('Ctrl-C stops within an iteration, says where it goes on, and exits with 130; again it goes on', async () => {
  const { child, finished, line } = startHaba(inFolder('interrupted'));
  await line(/distilling \d+\/40/);
  const run = undisturbed.replace(`${path.sep}undisturbed${path.sep}`, `${path.sep}interrupted${path.sep}`);
  const done = wholeLines(setFiles(run).metrics);
  child.kill('SIGINT');
  const { status, stderr } = await finished;
  assert.equal(status, 130, stderr);
  assert.match(stderr, /Stopped; what was done is kept in .*The same again goes on from there\./);
  assert.ok(existsSync(setFiles(run).checkpoint));
  assert.ok(!existsSync(setFiles(run).result) && wholeLines(setFiles(run).metrics) < 40, `${done} were done`);
  assert.equal((await haba(...inFolder('interrupted'))).status, 0);
  assert.deepEqual(outcome(run), outcome(undisturbed));
});

test('a finished run is returned as stored: no file of it changes, and what a kill at its very end left is cleared', async () => {
  const before = outcome(undisturbed);
  const files = readdirSync(undisturbed);
  writeFileSync(path.join(undisturbed, 'holder.json'), deadHolder());
  const finished = await haba(...inFolder('undisturbed'));
  assert.equal(lastJson(finished).run, undisturbed);
  assert.match(finished.stderr, /as stored in/);
  assert.doesNotMatch(finished.stderr, /distilling|training students/);
  assert.deepEqual(outcome(undisturbed), before);
  assert.deepEqual(readdirSync(undisturbed), files);
});

test('two processes on one run: the second waits, says for whom, and returns what the first made', async () => {
  // Long enough for the second to start meanwhile.
  const shared = [...inFolder('shared'), '--iterations', '300'];
  const first = startHaba(shared);
  await first.line(/distilling/);
  const second = startHaba(shared);
  await second.line(/Waiting for it/);
  const [one, other] = [await first.finished, await second.finished];
  assert.deepEqual([one.status, other.status], [0, 0], one.stderr + other.stderr);
  assert.match(other.stderr, new RegExp(`process ${first.child.pid}`));
  assert.deepEqual(lastJson(other).accuracy, lastJson(one).accuracy);
  assert.doesNotMatch(other.stderr, /distilling/);
});

test('a loss that is no number stops the run, with the iteration and what to change; the checkpoint stays', async () => {
  const diverging = [...inFolder('diverged'), '--set', 'optimisers.bases.learningRate=1e38'];
  const { status, stderr, stdout } = await haba(...diverging);
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /of iteration \d+ is (NaN|Infinity).* optimisers\.bases\.learningRate 1e\+38/);
  assert.doesNotMatch(stderr, /\n {4}at /);
});

test('a divergence names the setting that caused it, also where that is no rate', async () => {
  for (const [setting, message] of [
    [
      'set.identityNoise=1e30',
      /of iteration 1 is (NaN|Infinity), at once: it is how the run begins, with set\.identityNoise 1e\+30/,
    ],
    ['constraints.temperature=1e-38', /The adversary's loss of iteration \d+ is .*constraints\.temperature 1e-38/],
  ] as const) {
    const { status, stderr } = await haba(...inFolder('start'), '--set', setting);
    assert.equal(status, 1, stderr);
    assert.match(stderr, message);
  }
});

test('students that diverge end the run with a sentence, and none is stored', async () => {
  const run = copied('diverging-students');
  const diverging = ['--set', 'evaluation.learningRate=1e30'];
  const { status, stderr } = await haba(...inFolder('diverging-students'), ...diverging);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /of a student is (NaN|Infinity): it diverged with a learning rate of 1e\+30.*evaluation\.learningRate/,
  );
  const { students } = setFiles(run);
  const stored = readdirSync(students).map((recipe) => wholeLines(studentsFiles(path.join(students, recipe)).results));
  assert.deepEqual(stored.sort(), [0, 2]);
});

test('files that are damaged: the file is named, and nothing is overwritten', async () => {
  const { result, checkpoint } = setFiles(undisturbed);
  const kept = { result: readFileSync(result), checkpoint: readFileSync(checkpoint) };
  writeFileSync(result, kept.result.subarray(0, 40));
  const torn = await haba(...inFolder('undisturbed'));
  assert.equal(torn.status, 1);
  assert.match(torn.stderr, /result\.json cannot be used: it is not JSON\. Nothing was changed\. .*runs remove/);
  assert.deepEqual(readFileSync(result), kept.result.subarray(0, 40));

  rmSync(result);
  writeFileSync(checkpoint, kept.checkpoint.subarray(0, 500));
  const broken = await haba(...inFolder('undisturbed'));
  assert.equal(broken.status, 1);
  assert.match(broken.stderr, /checkpoint\.safetensors/);
  assert.deepEqual(readFileSync(checkpoint), kept.checkpoint.subarray(0, 500));
  writeFileSync(checkpoint, kept.checkpoint);
  writeFileSync(result, kept.result);
});

/** A run of its own for each damage, made by copying the undisturbed one. */
function copied(name: string): string {
  const run = undisturbed.replace(`${path.sep}undisturbed${path.sep}`, `${path.sep}${name}${path.sep}`);
  cpSync(undisturbed, run, { recursive: true });
  return run;
}

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  writeFileSync(file, bytes);
}

/** A finished run as it was before its last students, and a file of another run of the same shape in one place. */
const damages: [what: string, damage: (run: string, other: string) => void, message: RegExp][] = [
  [
    'one flipped bit of a checkpoint',
    (run) => (rmSync(setFiles(run).result), flipBit(setFiles(run).checkpoint)),
    /checkpoint\.safetensors is not a usable safetensors file: .*damaged or changed.*runs remove/,
  ],
  [
    'one flipped bit of the metrics',
    (run) => (rmSync(setFiles(run).result), flipBit(setFiles(run).metrics)),
    /metrics\.jsonl, line \d+, is damaged: .*runs remove/,
  ],
  [
    "another run's checkpoint",
    (run, other) => (rmSync(setFiles(run).result), cpSync(setFiles(other).checkpoint, setFiles(run).checkpoint)),
    /checkpoint\.safetensors is not a checkpoint of this run: it belongs to [0-9a-f]{10}, not to [0-9a-f]{10}/,
  ],
  [
    "another run's metrics",
    (run, other) => (rmSync(setFiles(run).result), cpSync(setFiles(other).metrics, setFiles(run).metrics)),
    /metrics\.jsonl.* is damaged: (it does not fit its seal|it has \d+ bytes, and its checkpoint was taken at)/,
  ],
  [
    "another run's students",
    (run, other) => cpSync(studentsOf(other), studentsOf(run)),
    /students\.jsonl, line 1, is damaged: it does not fit its seal/,
  ],
  ['one flipped bit of the students', (run) => flipBit(studentsOf(run)), /students\.jsonl, line \d+, is damaged/],
  [
    "another run's distilled set",
    (run, other) => {
      cpSync(setFiles(other).distilled, setFiles(run).distilled);
      rmSync(studentsOf(run));
    },
    /distilled\.safetensors was made by the run [0-9a-f]{10}, not by [0-9a-f]{10}/,
  ],
  [
    "another run's result",
    (run, other) => cpSync(setFiles(other).result, setFiles(run).result),
    /result\.json cannot be used: it belongs to [0-9a-f]{10}, not to [0-9a-f]{10}/,
  ],
  [
    'a folder where a file should be',
    (run) => {
      rmSync(setFiles(run).result);
      mkdirSync(setFiles(run).result);
    },
    /result\.json is a folder; a file is expected there/,
  ],
];

test('silent damage is noticed: the file is named, and nothing is overwritten', async (suite) => {
  const finished = await haba(...inFolder('other'), '--set', 'seed=4');
  assert.equal(finished.status, 0, finished.stderr);
  const other = lastJson(finished).run as string;
  for (const [number, [what, damage, message]] of damages.entries()) {
    await suite.test(what, async () => {
      const run = copied(`damaged-${number}`);
      damage(run, other);
      const files = readdirSync(run);
      const { status, stderr } = await haba(...inFolder(`damaged-${number}`));
      assert.equal(status, 1, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n {4}at /);
      assert.deepEqual(readdirSync(run), files);
    });
  }
});

test('other students never distil again: they lie under the set, and more of them are trained beside those that are there', async () => {
  const run = copied('evaluated');
  const distilled = readFileSync(setFiles(run).distilled);
  const more = await haba(...inFolder('evaluated'), '--set', 'evaluation.students=3');
  assert.equal(more.status, 0, more.stderr);
  assert.doesNotMatch(more.stderr, /distilling/);
  assert.equal(wholeLines(studentsOf(run)), 3);
  assert.deepEqual(
    (lastJson(more).accuracy as { runs: number[] }).runs.slice(0, 2),
    outcome(undisturbed).students.map(({ accuracy }) => accuracy),
  );
  const others = await haba(...inFolder('evaluated'), '--set', 'evaluation.updates=5');
  assert.doesNotMatch(others.stderr, /distilling/);
  assert.equal(lastJson(others).run, run);
  assert.equal(readdirSync(setFiles(run).students).length, 2);
  assert.deepEqual(readFileSync(setFiles(run).distilled), distilled);
});

test('a runs folder that is a file: one sentence', async () => {
  const file = path.join(folder, 'a-file');
  writeFileSync(file, 'not a folder');
  const { status, stderr } = await haba(...settings, '--runs', file);
  assert.equal(status, 1);
  assert.match(stderr, /a-file/);
  assert.doesNotMatch(stderr, /\n {4}at /);
  assert.equal(readFileSync(file, 'utf8'), 'not a folder');
});
