/**
 * The native addon of @tensorflow/tfjs-node-gpu, compiled against the TensorFlow of .venv: its own installer brings an older
 * TensorFlow from outside the package registries. One addon serves CPU and CUDA.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { step } from './console.mjs';
import { tensorflowFolder } from './paths.mjs';
import { findCompiler } from './requirements.mjs';
import { fingerprint, isStamped, stamp, unstamp } from './stamp.mjs';

/** Run on every addon before it counts as built: one convolution of ones. */
const proof = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  process.env.TF_CPP_MIN_LOG_LEVEL = '2';
  const tf = require('@tensorflow/tfjs-node-gpu');
  const y = tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), 1, 'valid').dataSync()[0];
  if (tf.getBackend() !== 'tensorflow' || y !== 9) throw new Error('a convolution of ones gave ' + y + ', expected 9');
`;

/**
 * Builds and proves the addon, or, where that fails, tries the package's own installer.
 * @returns {string | undefined} one warning when neither worked and WebAssembly will compute, else undefined
 */
export function buildAddon(paths, { compiler = findCompiler } = {}) {
  const { backend, addon } = paths;
  const tensorflow = tensorflowFolder(paths);
  const file = `${addon}.haba-stamp`;
  const versions = [path.join(backend, 'package.json'), path.join(paths.nodeHeaders, '..', 'package.json')].map(
    (name) => readFileSync(name, 'utf8'),
  );
  const value = fingerprint(...versions, tensorflow ?? 'none', tensorflowRelease(tensorflow));
  let reason;
  step(
    'Native TensorFlow backend (compiling the addon, running a convolution)',
    () => isStamped(file, value),
    () => {
      unstamp(file);
      reason = compile(paths, tensorflow, compiler()) ?? prove(paths);
      if (reason !== undefined && ownInstaller(paths) && prove(paths) === undefined) reason = undefined;
      if (reason === undefined) stamp(file, value);
    },
  );
  if (reason === undefined) return undefined;
  return (
    `Warning: the native TensorFlow backend is not there (${reason}), so haba computes in WebAssembly, about ten times slower; ` +
    `to mend it, install a C++ compiler (on Debian and Ubuntu: sudo apt install g++; on macOS: xcode-select --install) and run npm run setup.`
  );
}

/** TensorFlow's release, from the name of its package folder, or 'none'. */
function tensorflowRelease(folder) {
  if (folder === undefined) return 'none';
  const release = readdirSync(path.dirname(folder)).find((name) => /^tensorflow(_cpu)?-[\d.]+\.dist-info$/.test(name));
  return release ?? 'none';
}

/** @returns {string | undefined} why it did not compile */
function compile({ backend, addon, nodeHeaders }, tensorflow, compiler) {
  if (tensorflow === undefined) return 'TensorFlow is not in .venv';
  if (compiler === undefined) return 'there is no C++ compiler';
  mkdirSync(path.dirname(addon), { recursive: true });
  const libraries =
    process.platform === 'darwin'
      ? [
          '-undefined',
          'dynamic_lookup',
          `${tensorflow}/libtensorflow_cc.2.dylib`,
          `${tensorflow}/libtensorflow_framework.2.dylib`,
        ]
      : ['-L', tensorflow, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  const partial = `${addon}.partial`;
  const { status, stderr } = spawnSync(
    compiler,
    [
      ...[
        '-O2',
        '-std=c++17',
        '-fPIC',
        '-shared',
        '-DNAPI_VERSION=8',
        '-I',
        nodeHeaders,
        '-I',
        path.join(tensorflow, 'include'),
      ],
      ...[
        'binding/tfjs_backend.cc',
        'binding/tfjs_binding.cc',
        '-o',
        partial,
        ...libraries,
        `-Wl,-rpath,${tensorflow}`,
      ],
    ],
    { cwd: backend, encoding: 'utf8' },
  );
  if (status !== 0) return `${compiler} did not compile it: ${lastLine(stderr)}`;
  renameSync(partial, addon);
  return undefined;
}

/** @returns {string | undefined} why it does not compute */
function prove({ root }) {
  const { status, stderr } = spawnSync(process.execPath, ['-e', proof], { cwd: root, encoding: 'utf8' });
  return status === 0
    ? undefined
    : `it does not run: ${(stderr ?? '').split('\n').find((line) => /Error/.test(line)) ?? lastLine(stderr)}`;
}

function ownInstaller({ backend }) {
  return (
    spawnSync(process.execPath, ['scripts/install.js', 'gpu', 'download'], {
      cwd: backend,
      stdio: 'ignore',
      timeout: 600_000,
    }).status === 0
  );
}

function lastLine(text) {
  return (text ?? '').trim().split('\n').at(-1) ?? '';
}
