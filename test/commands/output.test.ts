/** Output that cannot be written, or that nobody reads any more, ends in a sentence or in nothing. */
import assert from 'node:assert/strict';
import { spawn, type StdioOptions } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(__dirname, '..', '..');
const full = '/dev/full';
const skip = existsSync(full) ? false : `there is no ${full} here`;

let runs: string;
before(() => {
  runs = mkdtempSync(path.join(tmpdir(), 'haba-output-'));
  for (const name of ['one', 'two', 'three']) {
    mkdirSync(path.join(runs, name));
    writeFileSync(path.join(runs, name, 'configuration.json'), '{}');
  }
});
after(() => rmSync(runs, { recursive: true, force: true }));

/** `haba runs list`, its streams as given; a pipe of stdout has no reader. */
async function list(stdio: StdioOptions): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.join('lib', 'cli.ts'), 'runs', 'list', '--runs', runs],
    {
      cwd: root,
      stdio,
    },
  );
  child.stdout?.destroy();
  let stderr = '';
  child.stderr?.on('data', (part) => (stderr += part));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stderr };
}

test('a full disk behind stdout: one sentence, and a status that says so', { skip }, async () => {
  const output = openSync(full, 'w');
  const { status, stderr } = await list(['ignore', output, 'pipe']);
  closeSync(output);
  assert.equal(status, 1);
  assert.match(stderr, /^The output cannot be written: no space left on device\.$/m);
  assert.equal(stderr.match(/cannot be written/g)?.length, 1);
  assert.doesNotMatch(stderr, /\n {4}at |node:/);
});

test('a reader that has gone, as head does: quietly', async () => {
  const { status, stderr } = await list(['ignore', 'pipe', 'pipe']);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /EPIPE|\n {4}at |node:/);
});

test('a full disk behind stderr: what was asked for is done all the same', { skip }, async () => {
  const output = openSync(full, 'w');
  const { status } = await list(['ignore', 'ignore', output]);
  closeSync(output);
  assert.equal(status, 0);
});
