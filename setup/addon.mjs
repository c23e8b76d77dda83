/**
 * The native addon of @tensorflow/tfjs-node-gpu, compiled against the TensorFlow of .venv: its own installer brings an older
 * TensorFlow from outside the package registries. One addon serves CPU and CUDA, and every Node.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { step } from './console.mjs';
import { findCompiler } from './machine.mjs';
import { tensorflowFolder } from './paths.mjs';
import { fingerprint, readStamp, stamp } from './stamp.mjs';

/**
 * Builds and proves the addon, or, where that fails, tries the package's own installer.
 * @param {object} [options]
 * @param {boolean} [options.retry] try again although the same compiler failed before; default false
 * @returns {string | undefined} one warning when neither worked and WebAssembly will compute, else undefined
 */
export function buildAddon(paths, { retry = false } = {}) {
  const tensorflow = tensorflowFolder(paths);
  const compiler = findCompiler();
  const file = path.join(paths.backend, '.haba-stamp');
  const sources = ourSources(paths);
  const written = [...sources.kernels, ...sources.headers].map((source) => readFileSync(source, 'utf8'));
  const value = fingerprint(tensorflow ?? '', releaseOf(tensorflow), compiler?.version ?? '', ...written);
  const built = `${value} built`;
  const failed = `${value} failed: `;
  step(
    'Native TensorFlow backend (compiling the addon, running a convolution; under a minute)',
    () => readStamp(file) === built || (!retry && readStamp(file)?.startsWith(failed)),
    () => {
      const attempt = (kernels) => compile(paths, tensorflow, compiler?.command, kernels) ?? prove(paths);
      // Our kernels make things faster, and nothing needs them.
      let reason = attempt(sources.kernels) && attempt([]);
      if (reason !== undefined && ownInstaller(paths) && prove(paths) === undefined) reason = undefined;
      stamp(file, reason === undefined ? built : `${failed}${reason}`);
    },
  );
  const outcome = readStamp(file);
  if (outcome === built) return undefined;
  return (
    `Warning: the native TensorFlow backend is not there (${outcome.slice(failed.length)}), so haba computes in WebAssembly, ` +
    'about ten times slower; to mend it, install a C++ compiler (on Debian and Ubuntu: sudo apt install g++; on macOS: ' +
    'xcode-select --install) and run npm run setup.'
  );
}

/** E.g. 'tensorflow_cpu-2.21.0.dist-info'. */
function releaseOf(tensorflow) {
  if (tensorflow === undefined) return '';
  return readdirSync(path.dirname(tensorflow)).find((name) => /^tensorflow(_cpu)?-[\d.]+\.dist-info$/.test(name)) ?? '';
}

/** TensorFlow operations of this project, compiled into the addon. */
function ourSources({ root }) {
  const folder = path.join(root, 'lib', 'tensor', 'native');
  const files = (ending) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => path.join(folder, name));
  return { kernels: files('.cc'), headers: files('.h') };
}

/** @returns {string | undefined} why it did not compile */
function compile({ backend, addon, nodeHeaders }, tensorflow, compiler, kernels) {
  if (tensorflow === undefined) return 'TensorFlow is not in .venv';
  if (compiler === undefined) return 'there is no C++ compiler';
  mkdirSync(path.dirname(addon), { recursive: true });
  const linking =
    process.platform === 'darwin'
      ? [
          '-undefined',
          'dynamic_lookup',
          ...['cc', 'framework'].map((part) => `${tensorflow}/libtensorflow_${part}.2.dylib`),
        ]
      : ['-L', tensorflow, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  const partial = `${addon}.partial`;
  const given = ['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'];
  given.push('-I', nodeHeaders, '-I', path.join(tensorflow, 'include'));
  given.push(
    'binding/tfjs_backend.cc',
    'binding/tfjs_binding.cc',
    ...kernels,
    '-o',
    partial,
    ...linking,
    `-Wl,-rpath,${tensorflow}`,
  );
  const { status, stderr } = spawnSync(compiler, given, { cwd: backend, encoding: 'utf8' });
  if (status !== 0) return `${compiler} did not compile it: ${tellingLine(stderr)}`;
  renameSync(partial, addon);
  return undefined;
}

/** @returns {string | undefined} why it does not compute */
function prove({ root }) {
  const program = path.join(root, 'setup', 'prove-addon.cjs');
  const { status, signal, stderr } = spawnSync(process.execPath, [program], { cwd: root, encoding: 'utf8' });
  if (status === 0) return undefined;
  return `it does not run: ${signal ?? tellingLine(stderr)}`;
}

/** The installer downloads a library of several hundred megabytes; where it cannot, it says so at once or not at all. */
function ownInstaller({ root }) {
  const given = ['rebuild', '@tensorflow/tfjs-node-gpu', '--ignore-scripts=false', '--foreground-scripts'];
  return spawnSync('npm', given, { cwd: root, stdio: 'ignore', timeout: 600_000 }).status === 0;
}

/** The line of a program's complaint that names the error, else its last. */
function tellingLine(text) {
  const lines = (text ?? '').trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1)).trim();
}
