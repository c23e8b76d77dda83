/** `npm run reproduce` where something goes wrong: a cell that fails, Ctrl-C in the midst of a run. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readNotebook } from '../../lib/reproduction/notebook-file';
import { setFiles } from '../../lib/runs/run-files';
import { listRuns } from '../../lib/runs/run-store';
import { planReproduction, reproduce } from '../../lib/reproduction/reproduction';
import { startReproducing } from './reproduce-command';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-reproduce-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function writeNotebook(name: string, ...sources: string[]): string {
  const notebooks = path.join(folder, name.split('/')[0]);
  mkdirSync(notebooks, { recursive: true });
  const title = { cell_type: 'markdown', id: 'title', metadata: {}, source: `# About ${name.split('/')[1]}` };
  const code = sources.map((source, place) => ({
    cell_type: 'code',
    id: `cell-${place}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  const content = { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: [title, ...code] };
  writeFileSync(path.join(folder, `${name}.ipynb`), JSON.stringify(content));
  return notebooks;
}

const reproducing = (notebooks: string, results: string) =>
  startReproducing(
    ...['--profile', 'smoke', '--dataset', 'shapes', '--notebooks', notebooks],
    ...['--results', results, '--runs', path.join(results, 'runs')],
  );

test('a cell that fails: said with its error, kept as far as it came; the next notebook is executed; exit 1', async () => {
  writeNotebook('failing/01-broken', 'const one = 1;', "console.log('so far');\nthrow new RangeError('one is 1');", 'one');
  const notebooks = writeNotebook('failing/02-whole', "console.log('whole');");
  const results = path.join(folder, 'failing-results');
  const { status, stdout, stderr } = await reproducing(notebooks, results).finished;
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^01-broken: failed after .*\n {2}01-broken, cell 2 of 3: RangeError: one is 1\n/m);
  assert.match(stderr, /^02-whole: done in/m);
  assert.match(stderr, /^1 of 2 notebooks executed/m);
  assert.doesNotMatch(stderr, /\n {4}at /);
  const unfinished = path.join(results, 'unfinished', '01-broken.ipynb');
  const outputs = readNotebook(unfinished).flatMap((cell) => cell.outputs.map(({ text }) => text));
  assert.equal(outputs[0], 'so far\n');
  assert.ok(!existsSync(path.join(results, 'notebooks', '01-broken.ipynb')));
  assert.ok(readNotebook(path.join(results, 'notebooks', '02-whole.ipynb')).length === 2);
  const page = readFileSync(stdout.trim(), 'utf8');
  assert.match(page, /About 01-broken<\/a> <b class="failed">failed/);
  assert.match(page, /href="unfinished\/01-broken\.ipynb"/);
});

test('a notebook that is saved while it is executed stays as it was saved; the executed one is kept beside, twice under two names', async () => {
  const name = 'saved/01-open';
  const file = path.join(folder, `${name}.ipynb`);
  const save = `import { readFileSync, writeFileSync } from 'node:fs';
const file = ${JSON.stringify(file)};
writeFileSync(file, readFileSync(file, 'utf8').replace('About', 'My notes about'));
console.log('executed');`;
  const notebooks = writeNotebook(name, save);
  const results = path.join(folder, 'saved-results');
  const plan = planReproduction({ profile: 'smoke', dataset: 'shapes', notebooks, results });
  // In place, as of what is committed.
  const inPlace = { ...plan, notebooks: plan.notebooks.map(({ source }) => ({ source, executed: source })) };
  const told: string[] = [];
  const nothing = () => undefined;
  const reporter = {
    notebook: nothing,
    cell: nothing,
    line: nothing,
    done: () => told.push('done'),
    keptBoth: (kept: string, saved: string) => told.push(path.relative(results, kept), path.relative(folder, saved)),
    failed: (reason: string) => told.push(reason),
  };
  for (const kept of ['01-open.ipynb', '01-open-2.ipynb']) {
    writeNotebook(name, save);
    assert.equal(await reproduce(inPlace, reporter), 0);
    assert.deepEqual(told.splice(0), [path.join('executed', kept), `${name}.ipynb`]);
    const [title, cell] = readNotebook(file);
    assert.match(title.source, /My notes about/);
    assert.deepEqual(cell.outputs, []);
    assert.equal(readNotebook(path.join(results, 'executed', kept))[1].outputs[0].text, 'executed\n');
  }
  assert.deepEqual(readdirSync(notebooks).sort(), ['01-open.ipynb']);
  assert.ok(!existsSync(path.join(results, 'unfinished')));
});

test('Ctrl-C in a run: a checkpoint is kept, nobody holds it; the same again goes on and ends', async () => {
  const configuration = "{ profile: 'smoke', dataset: 'shapes', iterations: 60, checkpointEvery: 1000 }";
  const notebooks = writeNotebook('stopped/01-long', `import { run } from './lib';\nawait run(${configuration});`);
  const results = path.join(folder, 'stopped-results');
  const runs = path.join(results, 'runs');
  const { child, finished } = reproducing(notebooks, results);
  const lines = () =>
    listRuns(runs).flatMap(({ folder: one }) =>
      existsSync(setFiles(one).metrics) ? readFileSync(setFiles(one).metrics, 'utf8').split('\n') : [],
    ).length;
  while (lines() < 3 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill('SIGINT');
  const { status, stderr } = await finished;
  assert.equal(status, 130, stderr);
  assert.match(stderr, /Stopped in 01-long, cell 1 of 1\. What was done is stored in .*the same command again goes on/);
  const [stopped] = listRuns(runs);
  assert.equal(stopped.state, 'unfinished');
  assert.equal(stopped.holder, undefined);
  assert.ok(existsSync(setFiles(stopped.folder).checkpoint), 'no checkpoint was due: the interrupt reached the run');
  assert.deepEqual(readdirSync(results).sort(), ['runs', 'unfinished']);
  assert.deepEqual(readdirSync(path.join(results, 'unfinished')), []);

  const again = await reproducing(notebooks, results).finished;
  assert.equal(again.status, 0, again.stderr);
  const { sessions } = JSON.parse(readFileSync(setFiles(stopped.folder).environment, 'utf8')) as { sessions: unknown[] };
  assert.deepEqual([listRuns(runs)[0].state, sessions.length], ['finished', 2]);
});
