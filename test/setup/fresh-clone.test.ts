/** The set-up itself, in a fresh clone: interrupted, finished, and then passed over. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(__dirname, '..', '..');
const isRepository = existsSync(path.join(root, '.git'));

let folder: string;
let clone: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-clone-'));
  clone = path.join(folder, 'haba');
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** `npm run setup`; stopped dead as soon as stderr matches. */
function setUp(stopAt?: RegExp): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, ['setup/main.mjs', 'setup'], {
    cwd: clone,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
    // The whole group: what npm, pip or the compiler began must not go on alone.
    if (stopAt?.test(stderr)) process.kill(-child.pid!, 'SIGKILL');
  });
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, stderr })));
}

test(
  'a set-up that was killed is finished by the next one, and the one after has nothing to do',
  { skip: isRepository ? false : 'this is no git repository' },
  async () => {
    const cloned = spawnSync('git', ['clone', '--quiet', root, clone], { encoding: 'utf8' });
    assert.equal(cloned.status, 0, cloned.stderr);

    const killed = await setUp(/Python packages .*\.\.\.\n$/);
    assert.equal(killed.status, null, killed.stderr);
    assert.match(killed.stderr, /JavaScript packages .*: done in [\d.]+ s/);

    const finished = await setUp();
    assert.equal(finished.status, 0, finished.stderr);
    assert.doesNotMatch(finished.stderr, /JavaScript packages/, 'what was finished is not made again');
    for (const step of [
      'Python packages',
      'Native TensorFlow backend',
      'TypeScript kernel',
      'Library, read and compiled',
    ]) {
      assert.match(finished.stderr, new RegExp(`${step}.*: done in [\\d.]+ s`));
    }
    assert.doesNotMatch(finished.stderr, /Warning/);

    const again = await setUp();
    assert.equal(again.status, 0);
    assert.match(again.stderr, /^haba is set up \([\d.]+ s\); npm start opens the quickstart\.\n$/);

    // TypeScript, and TensorFlow.js with Vega, compiled.
    for (const kept of ['declarations.json', 'compiled-checker.bin', 'compiled-packages.bin']) {
      assert.ok(statSync(path.join(clone, '.cache', kept)).size > 1e6, `${kept} waits for the first notebook`);
    }
    const kernel = path.join(clone, '.venv', 'share', 'jupyter', 'kernels', 'tslab', 'kernel.json');
    const { argv } = JSON.parse(readFileSync(kernel, 'utf8')) as { argv: string[] };
    assert.ok(argv.includes(path.join(clone, 'setup', 'start-kernel.cjs')));

    const doctor = spawnSync('npm', ['run', '--silent', 'haba', '--', 'doctor'], { cwd: clone, encoding: 'utf8' });
    assert.equal(doctor.status, 0, doctor.stderr);
    assert.match(doctor.stdout, /TensorFlow .*2\.\d+/);
    assert.match(doctor.stdout, /dataset shapes +drawn on the spot/);
  },
);
