/** The JavaScript packages of package-lock.json, installed without running any package's own scripts. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { requireDiskSpace } from './disk-space.mjs';
import { fingerprint, readStamp, stamp } from './stamp.mjs';

/** node_modules takes 0.6 GB. */
const neededBytes = 1e9;

/** Runs `npm ci`, which begins by removing node_modules and its stamp, unless the packages of this very lock file are there. */
export function installJavaScript({ root, modules }) {
  const file = path.join(modules, '.haba-stamp');
  const value = fingerprint(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  step(
    'JavaScript packages (npm ci; about a minute)',
    () => readStamp(file) === value,
    () => {
      requireDiskSpace(root, neededBytes);
      const given = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
      const { status } = spawnSync('npm', given, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
      if (status !== 0) {
        throw new SetupError(
          'npm ci did not finish (its message is above): check the connection to the npm registry and run again.',
        );
      }
      stamp(file, value);
    },
  );
}
