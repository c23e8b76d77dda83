/** What the machine brings: a Python, a C++ compiler, a GPU. */
import { spawnSync } from 'node:child_process';
import { SetupError } from './console.mjs';

/** What a Python says of itself: "3.11 1" where it has the module venv; undefined where there is no such command. */
function probePython(command) {
  const script =
    'import sys, importlib.util as u; print("%d.%d" % sys.version_info[:2], int(bool(u.find_spec("venv") and u.find_spec("ensurepip"))))';
  const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** What the pinned packages have wheels for. */
const versions = ['3.10', '3.11', '3.12', '3.13'];

/**
 * A Python from 3.10 to 3.13 that can make virtual environments.
 * @param {(command: string) => string | undefined} [probe]
 * @returns {string} its command
 * @throws {SetupError} where there is none
 */
export function findPython(probe = probePython) {
  const commands = ['python3.12', 'python3.11', 'python3.10', 'python3.13', 'python3', 'python'];
  const found = commands
    .map((command) => ({ command, answer: probe(command) }))
    .filter(({ answer }) => answer !== undefined)
    .map(({ command, answer }) => ({ command, version: answer.split(' ')[0], hasVenv: answer.endsWith(' 1') }));
  const fitting = found.filter(({ version }) => versions.includes(version));
  const usable = fitting.find(({ hasVenv }) => hasVenv);
  if (usable) return usable.command;
  if (fitting.length > 0) {
    const [{ version }] = fitting;
    throw new SetupError(
      `Python ${version} has no module venv: install it (on Debian and Ubuntu: sudo apt install python${version}-venv) and run again.`,
    );
  }
  const others = [...new Set(found.map(({ version }) => version))];
  const seen = others.length > 0 ? `only Python ${others.join(', ')} was found` : 'no Python was found';
  throw new SetupError(
    `haba needs Python 3.10, 3.11, 3.12 or 3.13 (${seen}): install one beside it (on Debian and Ubuntu: sudo apt install python3 python3-venv; where that is another version: uv python install 3.12, or conda create -n haba python=3.12 and conda activate haba) and run again.`,
  );
}

/** The first C++ compiler that answers, with its version; undefined where none does. */
export function findCompiler() {
  for (const command of [process.env.CXX, 'g++', 'clang++', 'c++'].filter(Boolean)) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.split('\n')[0] };
  }
  return undefined;
}

/**
 * Whether HABA_CUDA asks for TensorFlow's CUDA libraries, whatever GPU the machine of the set-up has: '1' with, '0' without.
 * @param {string | undefined} value
 * @returns {boolean | undefined} undefined where it asks for nothing: then a GPU decides
 * @throws {SetupError} for any other value
 */
export function askedForCuda(value = process.env.HABA_CUDA) {
  if (value === undefined || value === '') return undefined;
  if (value === '1' || value === '0') return value === '1';
  throw new SetupError(
    `HABA_CUDA is '${value}'; allowed are '1' (TensorFlow with its CUDA libraries, GPU or not) and '0' (without them).`,
  );
}

/** Whether there is an NVIDIA GPU that its driver can use. */
export function hasNvidiaGpu() {
  return /^GPU \d/m.test(spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' }).stdout ?? '');
}
