/** The verbs as a script uses them: one JSON object as the last line, everything for people on stderr. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { RunResult } from '../../lib/runs/train-students';
import { writeDigits } from '../faults/world';
import { haba, lastJson, startHaba } from './command-line';

let folder: string;
let run: string;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-verbs-'));
  const given = 'distill --profile smoke --dataset shapes --method dm --set haba --bases 2 --seed 1 --iterations 4';
  const more = ['--set', 'evaluation.students=2', '--set', 'evaluation.epochs=3', '--runs', path.join(folder, 'runs')];
  const finished = await haba(...given.split(' '), ...more);
  assert.equal(finished.status, 0, finished.stderr);
  const { accuracy, storedFloats, seconds, ...rest } = lastJson(finished) as {
    accuracy: { mean: number; std: number; runs: number[] };
    storedFloats: number;
    seconds: number;
    run: string;
  };
  ({ run } = rest);
  assert.equal(accuracy.runs.length, 2);
  assert.ok(Math.abs(accuracy.mean - (accuracy.runs[0] + accuracy.runs[1]) / 2) < 1e-12);
  // Two bases of each class, and two hallucinators of 5,568 floats.
  assert.equal(storedFloats, 20 * 3072 + 2 * 5568);
  assert.ok(seconds > 0);
  assert.equal(finished.stdout.trim().split('\n').length, 1);
  assert.match(finished.stderr, /about .* and [\d.]+ GB of memory/);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a run folder: configuration, environment, metrics a line an iteration, checkpoint, distilled set, result', () => {
  for (const file of ['checkpoint.safetensors', 'distilled.safetensors', 'result.json']) {
    assert.ok(existsSync(path.join(run, file)), file);
  }
  const read = (file: string) => readFileSync(path.join(run, file), 'utf8');
  assert.equal((JSON.parse(read('configuration.json')) as { configuration: { seed: number } }).configuration.seed, 1);
  const { sessions } = JSON.parse(read('environment.json')) as { sessions: Record<string, unknown>[] };
  const [session] = sessions;
  for (const key of ['node', 'tensorflow', 'commit', 'backend']) {
    assert.ok(
      Object.keys(session).some((name) => name.toLowerCase().includes(key)),
      `${key}: ${Object.keys(session)}`,
    );
  }
  const iterations = read('metrics.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { iteration: number });
  assert.deepEqual(
    iterations.map(({ iteration }) => iteration),
    [1, 2, 3, 4],
  );
});

test('evaluate: the network of distillation, and another one', async () => {
  const file = path.join(run, 'distilled.safetensors');
  const own = lastJson(await haba('evaluate', file, '--students', '2', '--epochs', '3'));
  assert.equal(own.network, 'ConvNet');
  const other = lastJson(await haba('evaluate', file, '--network', 'LeNet', '--students', '1', '--epochs', '2'));
  assert.equal(other.network, 'LeNet');
  assert.equal((other.accuracy as { runs: number[] }).runs.length, 1);
  assert.deepEqual(other.recorded, own.recorded);
  const unknown = await haba('evaluate', file, '--network', 'Transformer');
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /Transformer.*ConvNet.*ResNet18/s);
});

test('runs: listed, shown, made smaller, removed', async () => {
  const runs = ['--runs', path.dirname(run)];
  const name = path.basename(run);
  assert.match(
    (await haba('runs', 'list', ...runs)).stdout,
    new RegExp(`^finished +[\\d.]+ % test +\\d+ bits +[\\d.]+ MB +${name}$`, 'm'),
  );
  const shown = JSON.parse((await haba('runs', 'show', name, ...runs)).stdout) as { state: string };
  assert.equal(shown.state, 'finished');
  const table = (await haba('runs', ...runs, '--group', '--where', 'matching.method=dm,mtt')).stdout;
  assert.match(table, /^\|haba-dm-shapes-2bases-smoke-iterations-4\|.*\|one seed\|/m);
  const [row] = lastJson(await haba('runs', ...runs, '--json', '--seed', '1')) as unknown as { run: string }[];
  assert.equal(row.run, name);
  assert.match(
    (await haba('runs', 'stale', ...runs)).stderr,
    /^1 runs are as today's code calls them; 0 would be made anew$/m,
  );
  assert.match((await haba('runs', 'prune', name, ...runs)).stdout, /MB freed/);
  assert.ok(!existsSync(path.join(run, 'checkpoint.safetensors')) && existsSync(path.join(run, 'result.json')));
});

test('runs alone lists, and says the sum; remove takes the run that is named and says what was freed', async () => {
  const runs = path.join(folder, 'few');
  for (const name of ['one', 'two']) {
    mkdirSync(path.join(runs, name), { recursive: true });
    writeFileSync(path.join(runs, name, 'configuration.json'), JSON.stringify('x'.repeat(2_000_000)));
  }
  const listed = await haba('runs', '--runs', runs);
  assert.match(listed.stdout, /^unreadable +- +- +2\.0 MB +one\nunreadable +- +- +2\.0 MB +two\n$/);
  assert.match(listed.stderr, /^2 runs, 4\.0 MB; of it 0\.0 MB are checkpoints of finished ones/m);
  assert.equal((await haba('runs', 'remove', 'one', '--runs', runs)).stdout, 'one: 2.0 MB freed\n');
  assert.deepEqual(readdirSync(runs), ['two']);
});

test('data --list: every dataset with its state; with a name its classes and statistics', async () => {
  const data = path.join(folder, 'data');
  writeDigits(data);
  const all = (await haba('data', '--list', '--data', data)).stdout;
  assert.match(all, new RegExp(`^mnist +present +10 digits, .*, in ${path.join(data, 'mnist')}$`, 'm'));
  assert.match(all, /^cifar100 +absent +100 classes/m);
  assert.match(all, /^shapes +embedded /m);
  const one = (await haba('data', 'mnist', '--list', '--data', data)).stdout;
  assert.match(one, /^mnist: 60 \+ 20 images of 32x32x1\n10 classes: 0, 1, .*, 9\nmean 0\.1307; deviation 0\.3081\n/);
});

test("data with a folder of one's own images describes them, whatever the folder is called; nothing of a download", async () => {
  const own = path.join(folder, 'my images');
  for (const name of ['train/猫', 'train/b', 'val/猫', 'val/b']) {
    mkdirSync(path.join(own, name), { recursive: true });
    const image = { create: { width: 40, height: 30, channels: 3 as const, background: 'red' } };
    await sharp(image)
      .png()
      .toFile(path.join(own, name, '1.png'));
  }
  const { stdout } = await haba('data', own);
  assert.match(stdout, /^my-images: 2 \+ 2 images of 32x32x3\n2 classes: b, 猫\nmean 1\.0000, 0\.0000, 0\.0000; /);
});

test('every verb has its help', async () => {
  const verbs = [
    'distill',
    'baseline',
    'experts',
    'evaluate',
    'export',
    'budget',
    'compare',
    'sweep',
    'grid',
    'parity',
    'data',
    'store',
    'doctor',
    'runs',
    'bundle',
    'verify',
  ];
  for (const verb of verbs) {
    const { status, stdout } = await haba(verb, '--help');
    assert.equal(status, 0, verb);
    assert.match(stdout, new RegExp(`^Usage: haba ${verb}`));
  }
});

test('bundle and verify: a run travels, its students are trained again, and agree; nothing is overwritten', async () => {
  const to = path.join(folder, 'run.tar.gz');
  const places = ['--runs', path.dirname(run), '--results', folder];
  const bundled = await haba('bundle', path.basename(run), '--to', to, ...places);
  assert.equal(bundled.status, 0, bundled.stderr);
  assert.deepEqual((lastJson(bundled) as unknown as { runs: string[] }).runs, [path.basename(run)]);
  const verified = await haba('verify', to, '--students', '1');
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(verified.stdout, /student 0: recorded (\d+\.\d\d %), found \1, allowed to differ by 0\.00 %: agrees/);
  const again = await haba('bundle', path.basename(run), '--to', to, ...places);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /is there already, and is not overwritten: give another name\.$/m);
});

test('store: another precision of the set, beside its run, with its bits; a precision that there is not is refused', async () => {
  const file = path.join(run, 'distilled.safetensors');
  const stored = await haba('store', file, '--precision', 'int8', '--students', '1');
  assert.equal(stored.status, 0, stored.stderr);
  const { run: place, accuracy, ledger } = lastJson(stored) as unknown as RunResult;
  assert.equal(path.dirname(place), path.join(folder, 'runs'));
  assert.equal(accuracy.runs.length, 1);
  // 8 bits for each of 61,440 values of bases, and 64 of scales for each of three channels.
  assert.equal(ledger.parts.bases.bits, 8 * 61_440);
  assert.match(
    stored.stderr,
    new RegExp(`int8: ${ledger.bits} bits for 72576 floats, .* real images of 8 bits per class`),
  );
  const listed = await haba('runs', 'list', '--runs', path.join(folder, 'runs'));
  assert.match(listed.stdout, new RegExp(`finished .* ${ledger.bits} bits .* ${path.basename(place)}`));
  const refused = await haba('store', file, '--precision', 'int4');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /int4.*float32, float16, int8, int2/);
});

test('experts and trajectory matching: trained, then found', async () => {
  const experts = ['--experts', path.join(folder, 'experts')];
  const smoke = '--profile smoke --dataset shapes --set network.width=4 --set matching.experts.batchSize=1000'.split(
    ' ',
  );
  const made = lastJson(await haba('experts', ...smoke, ...experts));
  assert.deepEqual([made.count, made.epochs], [1, 1]);
  const few = ['--set', 'evaluation.epochs=2', '--set', 'evaluation.students=1', '--iterations', '2'];
  const { finished } = startHaba(
    ['distill', '--method', 'mtt', '--ipc', '1', ...smoke, ...few, ...experts, '--runs', path.join(folder, 'runs')],
    {},
  );
  const outcome = await finished;
  assert.equal(outcome.status, 0, outcome.stderr);
  assert.equal(lastJson(outcome).storedFloats, 10 * 3072);
});
