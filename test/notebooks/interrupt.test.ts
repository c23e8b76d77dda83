/** The kernel's interrupt button: the run stops within an iteration, says where it is kept, and the cell can be run again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readMetrics, setFiles } from '../../lib/runs/run-files';

const root = path.resolve(__dirname, '..', '..');

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-interrupt-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface CellOutcome {
  text: string;
  /** From the interrupt to the end of the cell. */
  seconds: number | null;
}

function pressAndRunAgain(): Promise<{ interrupted: CellOutcome; again: CellOutcome }> {
  const program = path.join(__dirname, 'interrupt-kernel.py');
  const child = spawn(path.join(root, '.venv', 'bin', 'python'), [program, folder], { cwd: root });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  return new Promise((resolve, reject) =>
    child.on('close', (status) =>
      status === 0
        ? resolve(JSON.parse(stdout) as { interrupted: CellOutcome; again: CellOutcome })
        : reject(new Error(stderr)),
    ),
  );
}

test('the interrupt button stops a run within an iteration and keeps its checkpoint; the same cell again ends it', async () => {
  const { interrupted, again } = await pressAndRunAgain();
  assert.match(interrupted.text, /RunStopped: Stopped; what was done is kept in .*\. The same again goes on from there\./);
  assert.doesNotMatch(interrupted.text, /test accuracy/);
  // The first iteration builds its graphs, in seconds; the button is pressed after it.
  assert.ok(interrupted.seconds !== null && interrupted.seconds < 10, `it took ${interrupted.seconds} s to stop`);

  assert.match(again.text, /test accuracy .* stored in /);
  const [name] = readdirSync(folder);
  const run = path.join(folder, name);
  assert.ok(existsSync(setFiles(run).result) && existsSync(setFiles(run).checkpoint));
  // No iteration is missing, and none was done twice.
  assert.deepEqual(
    readMetrics(run).map(({ iteration }) => iteration),
    Array.from({ length: 120 }, (_, place) => place + 1),
  );
});
