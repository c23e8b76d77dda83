import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { benchmark, speedup, type Benchmark } from '../../lib/tools/benchmark/benchmark';
import { firstCallOfUnroll } from '../../lib/tools/benchmark/first-call';
import { startPeer } from '../../lib/tools/benchmark/peer';
import { benchmarkRows } from '../../lib/tools/benchmark/rows';
import { benchmarkTable } from '../../lib/tools/benchmark/table';
import { useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress } from '../../lib/terminal/progress';

const venv = path.join(__dirname, '..', '..', '.venv', 'bin', 'python');
const tensorflowPython = existsSync(venv) ? venv : undefined;

const rows = [
  { name: 'one', milliseconds: { compiled: 10, eager: 40, pytorchEager: 20 }, fractionOfMatmul: 0.5 },
  { name: 'two', milliseconds: { compiled: 10, eager: 10, pytorchEager: 80 } },
  { name: 'three', milliseconds: { compiled: 10, eager: 20 } },
];

test('speedup: the geometric mean over the rows that both have', () => {
  assert.ok(Math.abs(speedup(rows, 'compiled', 'eager')! - 2) < 1e-12);
  assert.ok(Math.abs(speedup(rows, 'compiled', 'pytorchEager')! - 4) < 1e-12);
  assert.equal(speedup(rows, 'compiled', 'tensorflow'), undefined);
});

test('the table leaves out engines that were not measured, and cells that a row lacks', () => {
  const result: Benchmark = { versions: {}, device: 'CPU', matmulGigaflops: 100, rows };
  const table = benchmarkTable(result);
  assert.deepEqual(table.columnNames(), [
    'row',
    'compiled (ms)',
    'eager (ms)',
    'PyTorch (ms)',
    'against eager',
    'against PyTorch',
    'of matmul speed',
  ]);
  assert.deepEqual(table.object(2), {
    row: 'three',
    'compiled (ms)': '10.0',
    'eager (ms)': '20.0',
    'PyTorch (ms)': '',
    'against eager': '2.00',
    'against PyTorch': '',
    'of matmul speed': '',
  });
});

test('the rows that were asked for, all their own', () => {
  const names = benchmarkRows.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const width of [32, 64, 128]) {
    for (const batch of [128, 256]) {
      assert.ok(names.includes(`ConvNet-3 width ${width} batch ${batch}, forward and backward`));
    }
  }
  for (const name of ['unroll of 10 steps, width 32', 'unroll of 5 steps, width 128', 'unroll of 30 steps, width 32']) {
    assert.ok(names.includes(name));
  }
});

test(
  'one row, measured: every engine that is there, and positive times',
  { skip: tensorflowPython ? false : 'no .venv' },
  async () => {
    const progress = createProgress({ form: 'silent' });
    const result = await benchmark({
      rows: /^ConvNet-3 width 32 batch 128/,
      repetitions: 1,
      tensorflow: tensorflowPython,
      progress,
    });
    assert.equal(result.rows.length, 1);
    const [{ milliseconds, fractionOfMatmul }] = result.rows;
    assert.deepEqual(Object.keys(milliseconds), ['compiled', 'eager', 'tensorflow']);
    assert.ok(Object.values(milliseconds).every((time) => time > 0));
    assert.ok(fractionOfMatmul! > 0 && result.matmulGigaflops > 0);
  },
);

test('the first call of an unroll: a graph that grows with its steps and no faster, and leaves no tensors', async () => {
  await useBackend();
  if (tf.getBackend() !== 'tensorflow') return;
  const before = tf.memory().numTensors;
  const [two, four, six] = [
    (await firstCallOfUnroll({ steps: 2, width: 4 }))!,
    (await firstCallOfUnroll({ steps: 4, width: 4 }))!,
    (await firstCallOfUnroll({ steps: 6, width: 4 }))!,
  ];
  assert.ok(two.nodes > 100 && four.nodes > two.nodes && two.traceSeconds > 0 && two.firstRunSeconds > 0);
  // Two steps more cost the same each time.
  assert.ok(Math.abs(six.nodes - four.nodes - (four.nodes - two.nodes)) <= 0.02 * (four.nodes - two.nodes));
  assert.equal(tf.memory().numTensors, before);
});

test('no row of that name, an engine that is not there, a peer that does not start, and one that is not what it should be: a sentence each', async () => {
  await assert.rejects(benchmark({ rows: /quantum/ }), /No row matches \/quantum\/; there are: ConvNet-3 width 32/);
  await assert.rejects(
    benchmark({ engines: ['eager', 'pytorchEager'] }),
    /^RangeError: pytorchEager cannot be measured; there are: compiled, eager, tensorflow\. .* \(--peer\) names a Python/,
  );
  await assert.rejects(startPeer(['no-such-python', 'peer.py']), /The peer no-such-python does not answer: .*ENOENT/);
  const failing = ['node', '-e', 'console.error("ModuleNotFoundError: No module named torch"); process.exit(1)'];
  await assert.rejects(startPeer(failing), /The peer node does not answer: ModuleNotFoundError: No module named torch/);
});

test('a row that a peer lacks, or cannot run, is absent', async () => {
  const program = `
    console.log(JSON.stringify({ version: '1', rows: ['here', 'failing'] }));
    require('readline').createInterface({ input: process.stdin }).on('line', (line) =>
      console.log(JSON.stringify(JSON.parse(line).row === 'here' ? { milliseconds: 2 } : { absent: 'cannot' })));`;
  const peer = await startPeer(['node', '-e', program]);
  assert.equal(await peer.measure({ row: 'here', mode: 'eager' }), 2);
  assert.equal(await peer.measure({ row: 'failing', mode: 'compile' }), undefined);
  assert.equal(await peer.measure({ row: 'elsewhere', mode: 'eager' }), undefined);
  peer.close();
});
