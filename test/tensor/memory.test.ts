/** What a container gives is what there is, and more than that is said before work begins. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { totalmem, tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { describeMemory, memoryLimit, memoryWarning } from '../../lib/tensor/memory';
import { run } from '../../lib/runs/run';
import { useBackend } from '../../lib/tensor/backend';

const gibibyte = 2 ** 30;

test('the limit of a container counts where it is less than the machine; none, or one beyond it, does not', (context) => {
  const of = (constrained: number) => {
    const mocked = context.mock.method(process, 'constrainedMemory', () => constrained);
    const limit = memoryLimit();
    mocked.mock.restore();
    return limit;
  };
  const machineBytes = totalmem();
  assert.deepEqual(of(0), { machineBytes, bytes: machineBytes });
  assert.deepEqual(of(2 ** 64), { machineBytes, bytes: machineBytes });
  assert.deepEqual(of(2 ** 28), { machineBytes, bytes: 2 ** 28 });
});

test('in words: what there is, and what is too much', () => {
  const [machine, container] = [
    { machineBytes: 16 * gibibyte, bytes: 16 * gibibyte },
    { machineBytes: 16 * gibibyte, bytes: 2 * gibibyte },
  ];
  assert.equal(describeMemory(machine), '16.0 GiB');
  assert.equal(describeMemory(container), '2.0 GiB, the limit of this container or job; the machine has 16.0 GiB');
  assert.equal(memoryWarning(2 * gibibyte, container), undefined);
  assert.match(
    memoryWarning(3 * gibibyte, container) ?? '',
    /^This takes about 3\.0 GiB of memory, and this container or job is given 2\.0 GiB: /,
  );
  assert.match(memoryWarning(17 * gibibyte, machine) ?? '', /and this machine has 16\.0 GiB: /);
});

test('a run whose estimate is more than there is warns before its first iteration', async (context) => {
  if ((await useBackend()) === 'wasm') return context.skip('WebAssembly estimates nothing');
  context.mock.method(process, 'constrainedMemory', () => 2 ** 27);
  const told: string[] = [];
  const runs = mkdtempSync(path.join(tmpdir(), 'haba-memory-'));
  try {
    await run(
      {
        profile: 'smoke',
        dataset: 'shapes',
        matching: { method: 'dm' },
        set: { kind: 'images', ipc: 1 },
        iterations: 1,
        evaluation: { students: 1, updates: 1 },
      },
      {
        runs,
        progress: {
          stage: ({ name }) => told.push(name),
          update: () => undefined,
          note: (text) => told.push(text),
          end: () => undefined,
        },
      },
    );
  } finally {
    rmSync(runs, { recursive: true });
  }
  const warned = told.findIndex((text) => text.includes('this container or job is given 0.1 GiB'));
  assert.ok(warned >= 0 && warned < told.indexOf('distilling'), told.join('\n'));
});
