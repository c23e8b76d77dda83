/** Which stored runs a filter finds, and what two of them say differently. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { writeSealed } from '../../lib/files/sealed-json';
import { hashInName } from '../../lib/runs/run-files';
import { diffRuns, findRuns, type RunFilter } from '../../lib/runs/run-rows';
import { writeRun } from './stored-runs';

let runs: string;
/** Names of folders, by a letter. */
const names: Record<string, string> = {};

before(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-rows-'));
  const images = { kind: 'images', ipc: 1 } as const;
  names.a = writeRun(runs, { matching: { method: 'dm' }, set: images }, { accuracies: [0.4, 0.6] });
  names.b = writeRun(runs, { matching: { method: 'dm' }, set: images, seed: 1 }, { accuracies: [0.5] });
  names.c = writeRun(runs, { matching: { method: 'mtt' }, set: images });
  names.d = writeRun(runs, { optimisers: { bases: { learningRate: 0.001 } } }, { accuracies: [0.7] });
  names.e = writeRun(runs, { set: images }, { kind: 'random', accuracies: [0.3] });
  names.o = 'haba-dm-cifar10-9bases-quick-3f2a9c81d0';
  mkdirSync(path.join(runs, names.o));
  writeFileSync(path.join(runs, names.o, 'configuration.json'), '{"kind": "distillation", "configuration": {}}');
});
after(() => rmSync(runs, { recursive: true, force: true }));

const cases: [filter: RunFilter, found: string][] = [
  [{}, 'abcdeo'],
  [{ where: { dataset: 'shapes' } }, 'abcde'],
  [{ where: { dataset: 'cifar10' } }, ''],
  [{ where: { 'set.kind': 'images' } }, 'abce'],
  [{ where: { 'matching.method': ['mtt', 'dm'] }, kind: 'distillation' }, 'abcd'],
  [{ where: { 'matching.method': 'mtt' } }, 'c'],
  [{ kind: ['random', 'full'] }, 'e'],
  [{ seed: 1 }, 'b'],
  [{ seed: [0, 1], where: { 'set.kind': 'images' }, kind: 'distillation' }, 'abc'],
  [{ state: 'old' }, 'o'],
  [{ state: ['finished', 'old'] }, 'abcdeo'],
  // However a number is written; text is compared whole.
  [{ where: { 'optimisers.bases.learningRate': '1e-3' } }, 'd'],
  [{ where: { 'optimisers.bases.learningRate': 0.001 } }, 'd'],
  [{ where: { 'set.kind': 'image' } }, ''],
  [{ where: { holdOut: 'false', compile: true } }, 'abcde'],
  // Of students, the network that they have.
  [{ where: { 'students.network.name': 'ConvNet' } }, 'abde'],
];

for (const [filter, found] of cases) {
  test(`found by ${JSON.stringify(filter)}: ${found || 'none'}`, () => {
    const rows = findRuns({ ...filter, runs });
    assert.deepEqual(rows.map(({ run }) => run).sort(), [...found].map((letter) => names[letter]).sort());
  });
}

test('what is not known is refused, with what may have been meant', () => {
  const refused = (filter: object, message: RegExp) =>
    assert.throws(() => findRuns({ ...filter, runs } as RunFilter), { name: 'RangeError', message });
  refused({ where: { 'matching.methd': 'dm' } }, /'matching\.methd' is no key .* did you mean 'matching\.method'\?/);
  refused({ where: { method: 'dm' } }, /did you mean 'matching\.method'\?/);
  refused(
    { where: { quite: 'dm' } },
    /'quite' is no key of these runs; it is written as in a configuration: .*dataset/,
  );
  refused({ kind: 'radnom' }, /'kind' is 'radnom'; allowed are distillation, .*Did you mean 'random'\?/);
  refused({ state: 'done' }, /'state' is 'done'; allowed are finished, unfinished, running, unreadable, old\.$/);
});

test('the difference of two runs: what their configurations say, by name or hash; and nothing else', () => {
  assert.deepEqual(diffRuns(names.a, names.b, { runs }), [{ key: 'seed', first: 0, second: 1 }]);
  const hashes = [names.a, names.e].map(hashInName);
  assert.deepEqual(diffRuns(hashes[0], hashes[1], { runs }), [
    { key: 'kind', first: 'distillation', second: 'random' },
  ]);
  const keys = diffRuns(names.a, names.d, { runs });
  assert.deepEqual(
    keys.filter(({ key }) => key.startsWith('set.kind') || key === 'set.ipc'),
    [
      { key: 'set.kind', first: 'images', second: 'haba' },
      { key: 'set.ipc', first: 1, second: undefined },
    ],
  );
  assert.throws(() => diffRuns(names.a, `${names.b.slice(0, -1)}x`, { runs }), {
    message: new RegExp(`Did you mean '${names.b}'`),
  });
  assert.throws(() => diffRuns(names.a, names.o, { runs }), /no longer read: it says nothing/);
});

test('the difference of two runs says what they were computed with, where that is not the same', () => {
  const computed = path.join(runs, '..', `${path.basename(runs)}-computed`);
  const write = (seed: number, ...sessions: object[]) => {
    const name = writeRun(computed, { seed });
    const told = sessions.map((session) => ({
      device: 'A CPU, 4 threads',
      tensorflow: '2.21.0',
      seconds: 1,
      ...session,
    }));
    writeSealed(path.join(computed, name, 'environment.json'), hashInName(name), { sessions: told });
    return name;
  };
  const diff = (first: string, second: string) =>
    diffRuns(first, second, { runs: computed }).filter(({ key }) => key !== 'seed');
  try {
    const [one, two, mixed] = [
      write(0, { threads: 1 }),
      write(1, { threads: 2, host: 'elsewhere' }, { threads: 2 }),
      write(2, { threads: 1 }, { threads: 2, device: 'GPU' }),
    ];
    assert.deepEqual(diff(one, two), [{ key: 'environment.threads', first: 1, second: 2 }]);
    assert.deepEqual(diff(two, mixed), [
      { key: 'environment.device', first: 'A CPU, 4 threads', second: ['A CPU, 4 threads', 'GPU'] },
      { key: 'environment.threads', first: 2, second: [1, 2] },
    ]);
    const unrecorded = writeRun(computed, { seed: 3 });
    assert.deepEqual(diff(one, unrecorded).at(-1), {
      key: 'environment.tensorflow',
      first: '2.21.0',
      second: undefined,
    });
  } finally {
    rmSync(computed, { recursive: true });
  }
});
