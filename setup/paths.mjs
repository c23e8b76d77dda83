/** Where things lie, from the project's root. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Paths of an installation under a root; by default this one. */
export function pathsOf(base = root) {
  const venv = path.join(base, '.venv');
  const modules = path.join(base, 'node_modules');
  const backend = path.join(modules, '@tensorflow', 'tfjs-node-gpu');
  return {
    root: base,
    modules,
    venv,
    python: path.join(venv, 'bin', 'python'),
    requirements: path.join(base, 'setup', 'requirements.txt'),
    constraints: path.join(base, 'setup', 'constraints.txt'),
    cache: path.join(base, '.cache'),
    backend,
    addon: path.join(backend, 'lib', 'napi-v8', 'tfjs_binding.node'),
    nodeHeaders: path.join(modules, 'node-api-headers', 'include'),
    kernels: path.join(venv, 'share', 'jupyter', 'kernels'),
  };
}

/** The folder of TensorFlow inside the virtual environment, or undefined. */
export function tensorflowFolder({ venv }) {
  const libraries = path.join(venv, 'lib');
  if (!existsSync(libraries)) return undefined;
  return readdirSync(libraries)
    .map((python) => path.join(libraries, python, 'site-packages', 'tensorflow'))
    .find((folder) => existsSync(path.join(folder, 'include')));
}
