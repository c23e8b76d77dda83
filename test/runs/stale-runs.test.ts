/** What a changed constant makes stale is told from names and configurations alone. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { profileVersions } from '../../lib/distillation/profiles';
import { writeSealed } from '../../lib/files/sealed-json';
import { dmMethod } from '../../lib/matching/dm';
import { setHash } from '../../lib/runs/identity';
import { hashInName, setFiles } from '../../lib/runs/run-files';
import { staleRuns } from '../../lib/runs/stale-runs';
import { storedAs } from '../../lib/runs/stored-as';
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

/** A set that was stored again in 8 bits, as it lies in a folder. @param of hash of the run whose set it was made from */
function writeStored(folder: string, input: ConfigurationInput, of: string): string {
  const configuration = configure({ profile: 'smoke', dataset: 'shapes', ...input });
  const source = {
    kind: 'stored',
    configuration,
    dataChecksum: 'ab',
    stored: storedAs(of, { precision: 'int8' }),
  } as const;
  const hash = setHash(source);
  const name = `stored-${hash}`;
  mkdirSync(path.join(folder, name));
  writeSealed(setFiles(path.join(folder, name)).configuration, hash, source);
  return name;
}

test('a set in another precision goes by the run that it was made from: as today, stale, not here, or not to be told', () => {
  const own = mkdtempSync(path.join(tmpdir(), 'haba-stale-stored-'));
  try {
    const input = { matching: { method: 'dm' }, iterations: 7 } as const;
    const origin = writeRun(own, input);
    const stored = writeStored(own, input, hashInName(origin));
    const { current, stale } = staleRuns(own);
    assert.deepEqual([current.sort(), stale], [[origin, stored].sort(), []]);

    const { distillation } = profileVersions;
    changed(profileVersions, { distillation: distillation + 1 }, () => {
      const why = `the version of the profile 'smoke' for sets is ${distillation + 1}, and was ${distillation}`;
      const found = staleRuns(own).stale.map((one) => [one.run, one.why]);
      assert.deepEqual(found.sort(), [
        [origin, why],
        [stored, `the run ${hashInName(origin)}, from whose set it was made, is made anew: ${why}`],
      ]);
    });

    // Its origin is told by its name where it is gone, and is another's where that is not today's name.
    rmSync(path.join(own, origin), { recursive: true });
    assert.deepEqual(staleRuns(own).current, [stored]);
    const orphan = writeStored(own, input, '0123456789');
    assert.deepEqual(staleRuns(own).unknown, [
      { run: orphan, why: 'the run 0123456789, from whose set it was made, is not here' },
    ]);
    mkdirSync(path.join(own, 'broken-0123456789'));
    writeFileSync(path.join(own, 'broken-0123456789', 'result.json'), '{');
    assert.deepEqual(
      staleRuns(own).unknown.sort((one, other) => (one.run < other.run ? -1 : 1)),
      [
        { run: 'broken-0123456789', why: 'its files cannot be read' },
        {
          run: orphan,
          why: 'the run 0123456789, from whose set it was made, cannot be told: its files cannot be read',
        },
      ],
    );
  } finally {
    rmSync(own, { recursive: true });
  }
});

test("what today's code does not take cannot be told, and why; so a run that was killed before it said what it is", () => {
  const own = mkdtempSync(path.join(tmpdir(), 'haba-stale-unknown-'));
  try {
    const strange = 'strange-0123456789';
    mkdirSync(path.join(own, strange));
    const identity = { kind: 'distillation', configuration: { profile: 'smoke', iterations: -1 }, dataChecksum: 'ab' };
    writeSealed(setFiles(path.join(own, strange)).configuration, '0123456789', identity);
    mkdirSync(path.join(own, 'empty-0123456788'));
    const { unknown } = staleRuns(own);
    assert.deepEqual(unknown, [
      { run: 'empty-0123456788', why: 'it has no configuration yet' },
      { run: strange, why: "Configuration: 'iterations' is -1; allowed is at least 0." },
    ]);
  } finally {
    rmSync(own, { recursive: true });
  }
});
