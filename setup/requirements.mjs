/** What the machine must bring: Node, Python, room on the disk. Each missing piece is one sentence that says what to install. */
import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { SetupError } from './console.mjs';

/** Bytes that a fresh set-up takes: Python packages 1.8 GB, JavaScript packages 0.6 GB, and room to unpack. */
export const neededBytes = 4e9;

/** @throws {SetupError} for a Node that is too old or too new */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19) || major > 24) {
    throw new SetupError(
      `This is Node ${version}; haba needs Node 20.19 or later, 22 or 24: install one from https://nodejs.org and run again.`,
    );
  }
}

/** @throws {SetupError} when the disk has less room than a fresh set-up takes */
export function requireDiskSpace(folder, freeBytes = freeBytesOf(folder)) {
  if (freeBytes < neededBytes) {
    const gigabytes = (bytes) => (bytes / 1e9).toFixed(1);
    throw new SetupError(
      `The disk of ${folder} has ${gigabytes(freeBytes)} GB free and the set-up takes ${gigabytes(neededBytes)} GB: make room and run again.`,
    );
  }
}

function freeBytesOf(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** What a Python says of itself: "3.11 1" where it has the module venv; undefined where there is no such command. */
function probePython(command) {
  const script =
    'import sys, importlib.util as u; print("%d.%d" % sys.version_info[:2], int(bool(u.find_spec("venv") and u.find_spec("ensurepip"))))';
  const { status, stdout } = spawnSync(command, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * A Python from 3.10 to 3.12 that can make virtual environments.
 * @throws {SetupError} where there is none
 */
export function findPython(probe = probePython) {
  const answers = ['python3.12', 'python3.11', 'python3.10', 'python3', 'python'].map((command) => ({
    command,
    answer: probe(command),
  }));
  const fitting = answers.filter(({ answer }) => answer !== undefined && /^3\.1[0-2] /.test(answer));
  const usable = fitting.find(({ answer }) => answer.endsWith(' 1'));
  if (usable) return usable.command;
  if (fitting.length > 0) {
    const [version] = fitting[0].answer.split(' ');
    throw new SetupError(
      `Python ${version} has no module venv: install it (on Debian and Ubuntu: sudo apt install python${version}-venv) and run again.`,
    );
  }
  const seen = answers.filter(({ answer }) => answer !== undefined).map(({ answer }) => answer.split(' ')[0]);
  const found = seen.length > 0 ? `only Python ${[...new Set(seen)].join(', ')} was found` : 'no Python was found';
  throw new SetupError(
    `haba needs Python 3.10, 3.11 or 3.12 (${found}): install one (on Debian and Ubuntu: sudo apt install python3 python3-venv) and run again.`,
  );
}

/** The first C++ compiler that answers, or undefined. */
export function findCompiler(answers = (command) => spawnSync(command, ['--version']).status === 0) {
  return [process.env.CXX, 'g++', 'clang++', 'c++'].filter(Boolean).find(answers);
}

/** Whether there is an NVIDIA GPU that its driver can use. */
export function hasNvidiaGpu(answers = () => spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' }).stdout ?? '') {
  return /^GPU \d/m.test(answers());
}
