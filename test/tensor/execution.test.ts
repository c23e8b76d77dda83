/** The mode that compiled functions run in: a scope, also across what is awaited, else the environment, else graphs. */
import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { computingDevice, useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { execution, withExecution } from '../../lib/tensor/execution';
import { tf } from '../../lib/tensor/tensorflow';

before(() => useBackend());
afterEach(() => delete process.env.HABA_EXECUTION);

test('the innermost scope decides, and ends where its work ends, awaited or thrown', async () => {
  assert.equal(execution(), 'compiled');
  const seen = await withExecution('eager', async () => {
    const first = execution();
    const inner = withExecution('compiled', execution);
    await sleep(1);
    return [first, inner, execution()];
  });
  assert.deepEqual(seen, ['eager', 'compiled', 'eager']);
  assert.throws(() =>
    withExecution('eager', () => {
      throw new Error('no');
    }),
  );
  assert.equal(execution(), 'compiled');
});

test('work at the same time, each in its own mode', async () => {
  const modes = ['eager', 'compiled'] as const;
  const after = (mode: (typeof modes)[number]) =>
    withExecution(mode, async () => {
      await sleep(2);
      return execution();
    });
  assert.deepEqual(await Promise.all(modes.map(after)), modes);
});

test('outside of scopes the environment decides; what it cannot be is said', () => {
  process.env.HABA_EXECUTION = 'eager';
  assert.equal(execution(), 'eager');
  assert.equal(withExecution('compiled', execution), 'compiled');
  process.env.HABA_EXECUTION = 'fast';
  assert.throws(execution, /HABA_EXECUTION is 'fast'; allowed are 'compiled' and 'eager'/);
});

test('a function that was compiled before makes no graph in eager execution, and one outside of it', (context) => {
  if (computingDevice().backend === 'wasm') return context.skip('WebAssembly makes no graphs');
  const double = compile(({ x }: { x: tf.Tensor }) => x.mul(2), { name: 'double' });
  tf.tidy(() => {
    const x = tf.tensor1d([1, 2]);
    assert.deepEqual([...withExecution('eager', () => double({ x })).dataSync()], [2, 4]);
    assert.equal(double.report().length, 0);
    assert.deepEqual([...double({ x }).dataSync()], [2, 4]);
    assert.equal(double.report().length, 1);
  });
  double.dispose();
});
