/** The native operations take as many threads as they may, and give the same numbers with any. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { findCompiler } from '../../setup/machine.mjs';
import type { NativeNumbers } from './native-numbers';

/** This process's environment, with TF_NUM_INTRAOP_THREADS as given or not at all. */
function environment(threads?: string): NodeJS.ProcessEnv {
  const asked = { ...process.env, TF_NUM_INTRAOP_THREADS: threads };
  if (threads === undefined) delete asked.TF_NUM_INTRAOP_THREADS;
  return asked;
}

/** What native-numbers.ts says, started through another program where `through` names one. */
function nativeNumbers(threads: string | undefined, through: string[] = []): NativeNumbers {
  const child = [process.execPath, '--import', 'tsx', path.join(__dirname, 'native-numbers.ts')];
  const [program, ...given] = [...through, ...child];
  // The operations have no form for a GPU.
  const env = { ...environment(threads), CUDA_VISIBLE_DEVICES: '-1' };
  const { status, stdout, stderr } = spawnSync(program, given, { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as NativeNumbers;
}

const listed = process.platform === 'linux' ? undefined : 'only Linux lists the threads of a process in /proc';

describe('threads of the native operations', () => {
  const counts = ['1', '2', '3', '5'];
  const answers = new Map<string, NativeNumbers>();
  before(() => counts.forEach((count) => answers.set(count, nativeNumbers(count))));

  /** A test that is skipped, and says why, where the addon has no native operations. */
  function nativeTest(name: string, run: () => void, skip?: string): void {
    test(name, { skip }, (context: TestContext) => {
      if (!answers.get('1')!.native) return context.skip('the addon was compiled without native operations');
      run();
    });
  }

  for (const count of counts) {
    nativeTest(
      `TF_NUM_INTRAOP_THREADS=${count}: that many threads`,
      () => assert.equal(answers.get(count)!.threads, Number(count)),
      listed,
    );
  }

  nativeTest('values and gradients of every operation are the same bit for bit, whatever the number', () => {
    const { digests } = answers.get('1')!;
    assert.equal(Object.keys(digests).length, 7 * 10);
    for (const count of counts) assert.deepEqual(answers.get(count)!.digests, digests, `${count} threads`);
  });

  nativeTest(
    'no number asked for, or none that is one: as many as the affinity has cores',
    () => {
      const [, first] = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))!;
      for (const asked of [undefined, 'two']) {
        assert.equal(nativeNumbers(asked, ['taskset', '-c', first]).threads, 1, `asked for ${asked}`);
      }
      assert.equal(nativeNumbers('3', ['taskset', '-c', first]).threads, 3);
    },
    listed ?? (spawnSync('taskset', ['-V']).status === 0 ? undefined : 'there is no taskset'),
  );
});

const program = `
#include <cstdio>
#include "thread-count.h"
int main(int, char** given) {
  std::printf("[%d, \\"%g\\", %d]", haba::allowedCores(), haba::grantedCores(given[1]), haba::threadCount(given[1]));
}
`;

const compiler: string | undefined = findCompiler()?.command;

describe('cores that a control group grants', { skip: compiler ? false : 'there is no C++ compiler' }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'haba-threads-'));
    writeFileSync(path.join(folder, 'say.cc'), program);
    const headers = path.join(__dirname, '..', '..', 'lib', 'tensor', 'native');
    const given = ['-std=c++17', '-I', headers, 'say.cc', '-o', 'say'];
    const { status, stderr } = spawnSync(compiler!, given, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** What is counted where these files are all there is. */
  function count(files: Record<string, string>, asked?: string) {
    const root = mkdtempSync(path.join(folder, 'root-'));
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(root, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const { stdout } = spawnSync(path.join(folder, 'say'), [root], { encoding: 'utf8', env: environment(asked) });
    const [allowed, granted, threads] = JSON.parse(stdout) as [number, string, number];
    return { allowed, granted: Number(granted === 'inf' ? Infinity : granted), threads };
  }

  const version1 = (group: string, quota: number, period = 100_000) => ({
    [`sys/fs/cgroup/cpu${group}/cpu.cfs_quota_us`]: `${quota}\n`,
    [`sys/fs/cgroup/cpu${group}/cpu.cfs_period_us`]: `${period}\n`,
  });

  const cases: [name: string, files: Record<string, string>, granted: number][] = [
    ['no control groups', {}, Infinity],
    ['version 2, no limit', { 'sys/fs/cgroup/cpu.max': 'max 100000\n', 'proc/self/cgroup': '0::/\n' }, Infinity],
    ['version 2, a container', { 'sys/fs/cgroup/cpu.max': '150000 100000\n', 'proc/self/cgroup': '0::/\n' }, 1.5],
    ['version 2, half a core', { 'sys/fs/cgroup/cpu.max': '25000 50000\n' }, 0.5],
    [
      'version 2, a group around the own one has less',
      {
        'proc/self/cgroup': '0::/work.slice/own.scope\n',
        'sys/fs/cgroup/work.slice/cpu.max': '100000 100000\n',
        'sys/fs/cgroup/work.slice/own.scope/cpu.max': '300000 100000\n',
      },
      1,
    ],
    [
      'version 2, a path of the host, not there',
      { 'proc/self/cgroup': '0::/docker/1f\n', 'sys/fs/cgroup/cpu.max': '50000 100000\n' },
      0.5,
    ],
    [
      'version 1, the own group',
      { 'proc/self/cgroup': '5:memory:/m\n4:cpu,cpuacct:/docker/1f\n0::/\n', ...version1('/docker/1f', 120_000) },
      1.2,
    ],
    ['version 1, a container', { 'proc/self/cgroup': '4:cpu:/docker/1f\n', ...version1('', 40_000, 80_000) }, 0.5],
    ['version 1, no limit', { 'proc/self/cgroup': '1:cpu:/\n', ...version1('', -1) }, Infinity],
    ['a group of another controller', { 'proc/self/cgroup': '7:cpuset:/m\n', ...version1('/m', 100_000) }, Infinity],
    ['files that make no sense', { 'proc/self/cgroup': 'x\n0:\n::a\n0::\n', 'sys/fs/cgroup/cpu.max': '' }, Infinity],
  ];
  for (const [name, files, expected] of cases) {
    test(`${name}: ${expected}, rounded up`, () => {
      const { allowed, granted, threads } = count(files);
      assert.equal(granted, expected);
      assert.equal(threads, Math.min(allowed, Math.ceil(expected)));
    });
  }

  test('what TF_NUM_INTRAOP_THREADS asks for goes before', () => {
    const files = { 'sys/fs/cgroup/cpu.max': '50000 100000\n' };
    assert.equal(count(files, '7').threads, 7);
    for (const none of ['', '0', '-3', 'two', '2 or so', '99999999999'])
      assert.equal(count(files, none).threads, 1, none);
  });
});
