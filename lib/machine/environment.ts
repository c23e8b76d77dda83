/** What a run was computed with: written beside its numbers, so that they can be reproduced, or their difference explained. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import path from 'node:path';
import { computingDevice, computingThreads, type BackendName } from '../tensor/backend';
import { tf } from '../tensor/tensorflow';
import { memoryLimit } from '../tensor/memory';
import { findCard } from './nvidia-card';

export interface Environment {
  /** When the session began, ISO 8601. */
  began: string;
  host: string;
  /** Version of this project. */
  haba: string;
  node: string;
  tfjs: string;
  backend: BackendName;
  /** Version of TensorFlow's own library; null with WebAssembly. */
  tensorflow: string | null;
  /** 'GPU' and what it is called, e.g. 'GPU, NVIDIA H100 80GB HBM3', or the CPU's model and number of threads. */
  device: string;
  /** That one operation computes with: TensorFlow's own sums depend on it in their last digits. */
  threads: number;
  /** What may be taken: of the machine, or of a container or job that is given less. */
  memoryBytes: number;
  /** Commit of the working copy; null outside a git checkout. */
  commit: string | null;
  /** Whether tracked files differed from the commit. */
  modified: boolean | null;
}

/** Looks the environment up; takes some milliseconds. */
export function describeEnvironment(backend: BackendName): Environment {
  const root = projectRoot();
  const packageJson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const { device, tensorflow } = computingDevice();
  const [processor] = cpus();
  return {
    began: new Date().toISOString(),
    host: hostname(),
    haba: packageJson.version,
    node: process.version,
    tfjs: tf.version.tfjs,
    backend,
    tensorflow,
    device:
      device === 'GPU'
        ? `GPU, ${findCard() ?? 'of unknown kind'}`
        : `${processor?.model ?? 'unknown CPU'}, ${cpus().length} threads`,
    threads: computingThreads(),
    memoryBytes: memoryLimit().bytes,
    ...checkedOut(root),
  };
}

/** The folder that holds node_modules, whichever way this file was loaded. */
export function projectRoot(): string {
  return path.resolve(require.resolve('@tensorflow/tfjs/package.json'), '../../../..');
}

/** One call of git: starting two is a tenth of a tiny run. */
function checkedOut(root: string): Pick<Environment, 'commit' | 'modified'> {
  const command = ['status', '--porcelain=v2', '--branch', '--untracked-files=no'];
  try {
    const said = execFileSync('git', command, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // '# branch.oid (initial)' where there is no commit yet.
    const commit = /^# branch\.oid ([0-9a-f]+)$/m.exec(said)?.[1] ?? null;
    return { commit, modified: commit === null ? null : /^[^#]/m.test(said) };
  } catch {
    return { commit: null, modified: null };
  }
}
