/** The JavaScript packages of package-lock.json, installed without running any package's own scripts. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

/** Runs `npm ci` unless the packages of this very lock file are there. */
export function installJavaScript({ root, modules }) {
  const file = path.join(modules, '.haba-stamp');
  const value = fingerprint(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  step(
    'JavaScript packages (npm ci)',
    () => isStamped(file, value),
    () => {
      const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: root,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      if (status !== 0)
        throw new SetupError(
          'npm ci did not finish (its message is above): check the connection to the npm registry and run again.',
        );
      stamp(file, value);
    },
  );
}
