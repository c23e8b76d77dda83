/** What a container gives is what there is, and more than that is said before work begins. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
    const limit = memoryLimit('/nowhere');
    mocked.mock.restore();
    return limit;
  };
  const machineBytes = totalmem();
  assert.deepEqual(of(0), { machineBytes, bytes: machineBytes });
  assert.deepEqual(of(2 ** 64), { machineBytes, bytes: machineBytes });
  assert.deepEqual(of(2 ** 28), { machineBytes, bytes: 2 ** 28 });
});

test('a limit of a control group counts, of either version, also of a group around the own one', (context) => {
  // That of the machine that tests are run on.
  context.mock.method(process, 'constrainedMemory', () => 0);
  const machineBytes = totalmem();
  const megabytes = 2 ** 20;
  const first = (group: string, bytes: string) => ({ [`sys/fs/cgroup/memory${group}/memory.limit_in_bytes`]: bytes });
  const cases: [name: string, files: Record<string, string>, bytes: number][] = [
    ['no control groups', {}, machineBytes],
    ['version 2, no limit', { 'proc/self/cgroup': '0::/a\n', 'sys/fs/cgroup/a/memory.max': 'max\n' }, machineBytes],
    [
      'version 2, a container',
      { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': '268435456\n' },
      256 * megabytes,
    ],
    [
      'version 2, a job around its task',
      {
        'proc/self/cgroup': '0::/slurm/job_7/step_0/task_0\n',
        'sys/fs/cgroup/slurm/job_7/memory.max': `${300 * megabytes}\n`,
        'sys/fs/cgroup/slurm/job_7/step_0/memory.max': `${400 * megabytes}\n`,
        'sys/fs/cgroup/slurm/job_7/step_0/task_0/memory.max': 'max\n',
      },
      300 * megabytes,
    ],
    [
      'version 2, a path of the host, not there',
      { 'proc/self/cgroup': '0::/docker/1f\n', 'sys/fs/cgroup/memory.max': `${128 * megabytes}\n` },
      128 * megabytes,
    ],
    [
      'version 1, the own group, beside groups of others',
      {
        'proc/self/cgroup': '5:cpu:/c\n4:memory:/docker/1f\n0::/\n',
        ...first('/docker/1f', `${200 * megabytes}`),
        ...first('/c', '1'),
      },
      200 * megabytes,
    ],
    [
      'version 1, a container',
      { 'proc/self/cgroup': '4:memory:/docker/1f\n', ...first('', '134217728\n') },
      128 * megabytes,
    ],
    [
      'version 1, no limit',
      { 'proc/self/cgroup': '4:memory:/\n', ...first('', '9223372036854771712\n') },
      machineBytes,
    ],
    [
      'files that make no sense',
      { 'proc/self/cgroup': 'x\n0:\n::a\n0::\n', 'sys/fs/cgroup/memory.max': '-3 x' },
      machineBytes,
    ],
  ];
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-groups-'));
  try {
    for (const [place, [name, files, bytes]] of cases.entries()) {
      const root = path.join(folder, `${place}`);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        writeFileSync(path.join(root, file), content);
      }
      assert.equal(memoryLimit(root).bytes, bytes, name);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
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
