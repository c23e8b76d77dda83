import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { errorLine } from '../../lib/reproduction/execute-notebook';
import { readNotebook } from '../../lib/reproduction/notebook-file';
import { planReproduction } from '../../lib/reproduction/reproduction';
import { defaultRuns } from '../../lib/runs/run-files';
import { resultsFolder } from '../../lib/files/results-folder';
import { defaultExperts } from '../../lib/matching/experts/experts-folder';
import { reproductionLog } from '../../lib/reproduction/reproduction-log';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-reproduction-'));
  for (const name of ['00-quickstart', '01-storage', '02-diversity']) {
    writeFileSync(path.join(folder, `${name}.ipynb`), '{"cells":[]}');
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

const plan = (options: Parameters<typeof planReproduction>[0] = {}) =>
  planReproduction({ notebooks: folder, ...options });

test("the notebooks' own profiles on CIFAR-10 are what is committed: notebooks are executed in place, and results go to results", () => {
  const { results, notebooks, environment, unfinished, settings } = plan();
  assert.equal(results, 'results');
  assert.equal(settings, "each notebook's profile, cifar10");
  assert.deepEqual(
    notebooks.map(({ executed }) => executed),
    notebooks.map(({ source }) => source),
  );
  assert.equal(notebooks.length, 3);
  assert.equal(unfinished, path.join('results', 'unfinished'));
  assert.deepEqual(environment, {
    HABA_DATASET: 'cifar10',
    HABA_RESULTS: 'results',
    HABA_RUNS: path.join('results', 'runs'),
    HABA_EXPERTS: path.join('results', 'experts'),
    HABA_DATA: environment.HABA_DATA,
  });
});

test('folders that the environment names are read when they are asked for; an empty name is no name', () => {
  const names = ['HABA_RESULTS', 'HABA_RUNS', 'HABA_EXPERTS'];
  const before = names.map((name) => process.env[name]);
  const folders = () => [resultsFolder('tables'), defaultRuns(), defaultExperts(), plan().results];
  const standard = ['results/tables', 'results/runs', 'results/experts', 'results'].map((place) =>
    path.normalize(place),
  );
  try {
    for (const name of names) process.env[name] = '';
    assert.deepEqual(folders(), standard);
    process.env.HABA_RESULTS = folder;
    assert.deepEqual(folders(), [...['tables', 'runs', 'experts'].map((name) => path.join(folder, name)), folder]);
    process.env.HABA_RUNS = 'my-runs';
    process.env.HABA_EXPERTS = 'my-experts';
    assert.deepEqual(folders().slice(1, 3), ['my-runs', 'my-experts']);
  } finally {
    for (const [place, name] of names.entries()) {
      if (before[place] === undefined) delete process.env[name];
      else process.env[name] = before[place];
    }
  }
});

test('any other profile or dataset gets a folder of its own, but shares the runs', () => {
  for (const [options, own] of [
    [{ profile: 'smoke' }, 'smoke-cifar10'],
    [{ profile: 'quick' }, 'quick-cifar10'],
    [{ dataset: 'shapes' }, 'shapes'],
    [{ profile: 'paper', dataset: 'shapes' }, 'paper-shapes'],
  ] as const) {
    const { results, notebooks, environment } = plan(options);
    assert.equal(results, path.join('results', own));
    assert.equal(environment.HABA_PROFILE, 'profile' in options ? options.profile : undefined);
    assert.equal(notebooks[0].executed, path.join('results', own, 'notebooks', '00-quickstart.ipynb'));
    assert.equal(environment.HABA_RUNS, path.join('results', 'runs'));
  }
});

test('results elsewhere leave the notebooks as they are; what is committed is not replaced by another profile', () => {
  assert.equal(plan({ results: folder }).notebooks[1].executed, path.join(folder, 'notebooks', '01-storage.ipynb'));
  assert.throws(
    () => plan({ profile: 'smoke', results: 'results/' }),
    /^RangeError: results\/ holds what is committed, each notebook's profile on cifar10, and this is profile smoke, cifar10: name another folder with --results, or none for results.smoke-cifar10\.$/,
  );
});

test('some notebooks, by how their names begin, in their order; an unknown one is refused by the names there are', () => {
  const names = (only: string[]) => plan({ only }).notebooks.map(({ source }) => path.basename(source, '.ipynb'));
  assert.deepEqual(names(['02', '00-quick']), ['00-quickstart', '02-diversity']);
  for (const unknown of ['05', '']) {
    assert.throws(
      () => plan({ only: [unknown] }),
      new RegExp(`There is no notebook '${unknown}'; there are 00-quickstart, 01-storage, 02-diversity\\.`),
    );
  }
  assert.throws(
    () => plan({ dataset: 'cifar' as 'cifar10' }),
    /There is no dataset 'cifar'; allowed are .*cifar10.*shapes/,
  );
});

test('what is no notebook is refused by its name', () => {
  for (const content of ['{"cells":', '{"cells":[{"cell_type":"code"}]}']) {
    const file = path.join(folder, 'damaged');
    writeFileSync(file, content);
    assert.throws(() => readNotebook(file), /damaged (cannot be read as|is not) a notebook: /);
  }
});

test('the error of a stack, wherever the kernel put it; without one, the first line', () => {
  assert.equal(errorLine('evalmachine:2\nthrow x;\n^\n\nRangeError: one is 1\n    at y:1'), 'RangeError: one is 1');
  assert.equal(errorLine('RunDiverged: The loss is NaN\n  at x'), 'RunDiverged: The loss is NaN');
  assert.equal(errorLine("\n1:7 - Type 'string' is not assignable\n"), "1:7 - Type 'string' is not assignable");
  assert.equal(errorLine(''), undefined);
});

function logged(isTTY: boolean, tell: (reporter: ReturnType<typeof reproductionLog>, clock: { now: number }) => void) {
  let text = '';
  const stream = Object.assign(new Writable({ write: (part, _, next) => ((text += part), next()) }), { isTTY });
  const clock = { now: 100 };
  tell(reproductionLog({ stream: Object.assign(stream, { columns: 40 }), now: () => clock.now }), clock);
  return text;
}

test('in a log: a line a cell, and once a minute what it says', () => {
  const text = logged(false, (reporter, clock) => {
    reporter.notebook('01-storage');
    clock.now += 5;
    reporter.cell(1, 2);
    for (let second = 0; second < 100; second++) {
      clock.now += 1;
      reporter.line(`distilling ${second}/100`);
    }
    reporter.cell(2, 2);
    reporter.done();
  });
  assert.deepEqual(text.split('\n'), [
    '01-storage: starting the kernel',
    '01-storage: cell 1 of 2, 5 s',
    '01-storage: cell 1 of 2, 1 min 5 s  distilling 59/100',
    '01-storage: cell 2 of 2, 1 min 45 s',
    '01-storage: done in 1 min 45 s',
    '',
  ]);
});

test('in a terminal: one line, written anew and never longer than a row; what ends a notebook stays', () => {
  const text = logged(true, (reporter, clock) => {
    reporter.notebook('01-storage');
    reporter.cell(1, 2);
    clock.now += 1;
    reporter.line('distilling 30/100  loss 0.3112  1 min 12 s left');
    reporter.failed('01-storage, cell 1 of 2: RangeError: no', 'unfinished/01-storage.ipynb');
  });
  const shown = text.split('\r\u001b[K').slice(1);
  assert.deepEqual(shown, [
    '01-storage: starting the kernel',
    '01-storage: cell 1 of 2, 0 s',
    '01-storage: cell 1 of 2, 1 s  distillin',
    '01-storage: failed after 1 s\n  01-storage, cell 1 of 2: RangeError: no\n  As far as it came: unfinished/01-storage.ipynb\n',
  ]);
});
