/** `npm test`: the set-up, then types, style and all tests. Arguments limit the tests to paths that contain one of them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { main } from './console.mjs';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

main(() => {
  const paths = pathsOf();
  const wanted = process.argv.slice(2).filter((argument) => argument !== '--unit');
  const unitOnly = process.argv.includes('--unit');
  if (!unitOnly) setUp(paths);
  const inModules = (...names) => path.join(paths.modules, ...names);
  const checks =
    unitOnly || wanted.length > 0
      ? []
      : [
          ['types', [inModules('typescript', 'bin', 'tsc'), '-p', '.']],
          ['lint', [inModules('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0']],
          ['format', [inModules('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.']],
        ];
  let status = 0;
  for (const [name, given] of checks) {
    const began = performance.now();
    const check = spawnSync(process.execPath, given, { cwd: paths.root, stdio: 'inherit' });
    process.stdout.write(
      `${name}: ${check.status === 0 ? 'ok' : 'failed'} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`,
    );
    status ||= check.status ?? 1;
  }
  const tests = readdirSync(path.join(paths.root, 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    // What drives whole installations, kernels and command lines is tried once, on the Node at hand.
    .filter((file) => !unitOnly || !/^(setup|cli|notebooks|experiments)\b/.test(file))
    .map((file) => path.join('test', file))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort();
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...tests], {
    cwd: paths.root,
    stdio: 'inherit',
  });
  return status || (run.status ?? 1);
});
