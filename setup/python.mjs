/** The virtual environment: JupyterLab, nbclient, and the TensorFlow that the native addon links against. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { findPython, hasNvidiaGpu } from './requirements.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const tensorflowVersion = '2.21.0';

/** Makes or completes .venv; one that an interrupted run left half-made is made anew. */
export function installPython(paths, { python = findPython, gpu = hasNvidiaGpu } = {}) {
  const { root, venv, python: ownPython } = paths;
  const requirements = path.join(root, 'setup', 'requirements.txt');
  const file = path.join(venv, '.haba-stamp');
  const tensorflow = gpu() ? `tensorflow[and-cuda]==${tensorflowVersion}` : `tensorflow-cpu==${tensorflowVersion}`;
  const value = fingerprint(readFileSync(requirements, 'utf8'), tensorflow);
  step(
    `Python packages (.venv with JupyterLab and ${tensorflow})`,
    () => isStamped(file, value) && existsSync(ownPython),
    () => {
      const works = spawnSync(ownPython, ['-m', 'pip', '--version'], { stdio: 'ignore' }).status === 0;
      if (!works) {
        rmSync(venv, { recursive: true, force: true });
        run(python(), ['-m', 'venv', venv], 'The virtual environment was not made');
      }
      const install = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        requirements,
        tensorflow,
      ];
      run(ownPython, install, 'The Python packages were not installed');
      stamp(file, value);
    },
  );
}

function run(command, given, otherwise) {
  const { status } = spawnSync(command, given, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0)
    throw new SetupError(
      `${otherwise} (the message is above): check the connection to the Python package index and run again.`,
    );
}
