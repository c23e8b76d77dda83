/** `npm test`: the set-up, then types, style and all tests. Arguments limit the tests to paths that contain one of them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { URL } from 'node:url';
import { secondsSince } from './console.mjs';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

/**
 * Seconds that a file of tests may take, on a loaded machine: one that waits for ever is ended then, and named. By `--test-timeout`
 * Node 20 and 22 end a file, and 24 fails a test, whose file may stay open: that it ends is what `test-limit.mjs` is for.
 */
const limit = 1200;

/** @param {string[]} given parts of paths; or --unit: no set-up, no checks, only what tests lib itself, on the Node at hand */
export function main(given) {
  const { root, modules } = pathsOf();
  const unitOnly = given.includes('--unit');
  const wanted = given.filter((argument) => argument !== '--unit');
  if (!unitOnly) setUp();
  const node = (...command) => spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status ?? 1;

  const checks = {
    types: ['typescript/bin/tsc', '-p', '.'],
    lint: ['eslint/bin/eslint.js', '.', '--max-warnings', '0'],
    format: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  };
  let status = 0;
  for (const [name, [program, ...options]] of unitOnly || wanted.length > 0 ? [] : Object.entries(checks)) {
    const began = performance.now();
    const outcome = node(path.join(modules, program), ...options);
    process.stdout.write(`${name}: ${outcome === 0 ? 'ok' : 'failed'} (${secondsSince(began)} s)\n`);
    status ||= outcome;
  }

  const tests = readdirSync(path.join(root, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    // Whole installations, kernels, command lines and clusters are tried once, by npm test.
    .filter((file) => !unitOnly || !/^(setup|cli|notebooks|experiments\/slurm\/slurm)\b/.test(file))
    .map((file) => path.join('test', file))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
  // Without files Node would look for some by itself.
  if (tests.length === 0) {
    process.stderr.write(`No file of tests has ${wanted.join(' or ')} in its path.\n`);
    return 1;
  }
  const guard = new URL(`test-limit.mjs?seconds=${limit + 60}`, import.meta.url).href;
  const options = ['--test-reporter=spec', '--test-concurrency=2', `--test-timeout=${1000 * limit}`];
  const outcome = node('--import', 'tsx', '--import', guard, '--test', ...options, ...tests);
  return status || outcome;
}
