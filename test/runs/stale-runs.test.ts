/** What a changed constant makes stale is told from names and configurations alone. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { profileVersions } from '../../lib/distillation/profiles';
import { dmMethod } from '../../lib/matching/dm';
import { staleRuns } from '../../lib/runs/stale-runs';
import { writeRun } from './stored-runs';

let runs: string;
let [dm, mtt, random, old]: string[] = [];
before(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-stale-'));
  dm = writeRun(runs, { matching: { method: 'dm' }, iterations: 7 }, { accuracies: [0.5, 0.5] });
  mtt = writeRun(runs, { matching: { method: 'mtt' } });
  random = writeRun(runs, { set: { kind: 'images', ipc: 1 } }, { kind: 'random', accuracies: [0.3] });
  old = 'haba-dm-cifar10-9bases-quick-3f2a9c81d0';
  mkdirSync(path.join(runs, old));
  writeFileSync(path.join(runs, old, 'configuration.json'), '{"kind": "distillation", "configuration": {}}');
});
after(() => rmSync(runs, { recursive: true, force: true }));

/** Changes a record while something is looked at. */
function changed<T extends object, Found>(record: T, change: Partial<T>, look: () => Found): Found {
  const before = { ...record };
  try {
    Object.assign(record, change);
    return look();
  } finally {
    for (const key of Object.keys(change)) if (!(key in before)) delete record[key as keyof T];
    Object.assign(record, before);
  }
}

const told = () => {
  const { current, stale, old: olds } = staleRuns(runs);
  assert.deepEqual(olds, [old]);
  return { current: current.sort(), stale: stale.map(({ run, why }) => [run, why]).sort() };
};

test('under the code that made them, none is stale', () => {
  assert.deepEqual(told(), { current: [dm, mtt, random].sort(), stale: [] });
});

test('another version of the defaults of sets: every set, with what took how long', () => {
  const { distillation } = profileVersions;
  changed(profileVersions, { distillation: distillation + 1 }, () => {
    const { current, stale } = staleRuns(runs);
    assert.deepEqual(current, []);
    assert.deepEqual(stale.map(({ run }) => run).sort(), [dm, mtt, random].sort());
    const [found] = stale.filter(({ run }) => run === dm);
    assert.equal(
      found.why,
      `the version of the profile 'smoke' for sets is ${distillation + 1}, and was ${distillation}`,
    );
    assert.deepEqual([found.differing, found.seconds, found.students], [[['iterations', 7]], 3, undefined]);
  });
});

test('another version of the defaults of students: the students alone, where there are some', () => {
  changed(profileVersions, { students: profileVersions.students + 1 }, () => {
    const { current, stale } = staleRuns(runs);
    assert.deepEqual(current, [mtt]);
    assert.deepEqual(
      stale.map(({ run, students, seconds }) => [run, students !== undefined, seconds]).sort(),
      [
        [dm, true, 4],
        [random, true, 2],
      ].sort(),
    );
  });
});

test('a method whose author raises its version: its distillations, not other methods and no real images', () => {
  const method = dmMethod as { version?: number };
  const before = method.version ?? 'none';
  const raised = (method.version ?? 0) + 1;
  const found = changed(method, { version: raised }, told);
  assert.deepEqual(found.current, [mtt, random].sort());
  assert.deepEqual(found.stale, [[dm, `the version of the method 'dm' is ${raised}, and was ${before}`]]);
});

test('a default that changed without a version is noticed', () => {
  const iterations = { ...dmMethod.iterations, smoke: 7 };
  const found = changed(dmMethod as { iterations: object }, { iterations }, told);
  assert.ok(!found.current.includes(dm));
  assert.match(found.stale.find(([run]) => run === dm)![1], /a default that it was made with has changed/);
});
