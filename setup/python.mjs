/** The virtual environment: JupyterLab, nbclient, and the TensorFlow that the native addon links against. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { SetupError, step } from './console.mjs';
import { requireDiskSpace } from './disk-space.mjs';
import { askedForCuda, findPython, hasNvidiaGpu } from './machine.mjs';
import { fingerprint, readStamp, stamp } from './stamp.mjs';

const tensorflowVersion = '2.21.0';

/** What .venv is made from; with CUDA, TensorFlow brings its libraries. */
function variantOf(paths, cuda) {
  const tensorflow = cuda
    ? `tensorflow[and-cuda]==${tensorflowVersion}`
    : `tensorflow${process.platform === 'darwin' ? '' : '-cpu'}==${tensorflowVersion}`;
  const [requirements, constraints] = [paths.requirements, paths.constraints].map((file) => readFileSync(file, 'utf8'));
  return { tensorflow, value: fingerprint(requirements, constraints, tensorflow), neededBytes: cuda ? 12e9 : 4e9 };
}

/**
 * Makes .venv anew unless these very packages are in it: an interrupted pip may leave a package that looks whole.
 * With CUDA where HABA_CUDA asks for it or, where it asks for nothing, there is a GPU; one with CUDA stays where the GPU is
 * not there today, as on the login node of a cluster.
 */
export function installPython(paths, options = {}) {
  const { python = findPython, gpu = hasNvidiaGpu, asked = askedForCuda(), requireRoom = requireDiskSpace } = options;
  const { root, venv, python: ownPython, cache } = paths;
  const file = path.join(venv, '.haba-stamp');
  const [withoutCuda, withCuda] = [false, true].map((cuda) => variantOf(paths, cuda));
  const found = readStamp(file);
  const cuda = asked ?? (found === withCuda.value || gpu());
  const { tensorflow, value, neededBytes } = cuda ? withCuda : withoutCuda;
  step(
    `Python packages (.venv with JupyterLab and ${tensorflow}; some minutes)`,
    () => found === value && existsSync(ownPython),
    () => {
      if (existsSync(venv) && found === undefined && readdirSync(venv).length > 0) {
        throw new SetupError(`${venv} was not made by this set-up: move it away and run again.`);
      }
      const creator = python();
      requireRoom(root, neededBytes);
      // Moved first: a removal that is interrupted must not leave what looks like somebody else's.
      const old = path.join(cache, 'old-venv');
      rmSync(old, { recursive: true, force: true });
      mkdirSync(cache, { recursive: true });
      if (existsSync(venv)) renameSync(venv, old);
      rmSync(old, { recursive: true, force: true });
      stamp(file, 'unfinished');
      run(creator, ['-m', 'venv', venv], 'The virtual environment was not made');
      const wanted = ['-r', paths.requirements, '-c', paths.constraints, tensorflow];
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted];
      run(ownPython, pip, 'The Python packages were not installed');
      stamp(file, value);
    },
  );
}

function run(command, given, otherwise) {
  const { status } = spawnSync(command, given, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  throw new SetupError(
    `${otherwise} (the message is above): check the connection to the Python package index and run again.`,
  );
}
