/** The whole set-up, step by step; each is passed over when an earlier run has finished it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildAddon } from './addon.mjs';
import { main } from './console.mjs';
import { installJavaScript } from './javascript.mjs';
import { registerKernel } from './kernel.mjs';
import { pathsOf } from './paths.mjs';
import { installPython } from './python.mjs';
import { requireDiskSpace, requireNode } from './requirements.mjs';

/**
 * Brings everything the project needs; idempotent.
 * @throws {SetupError} with one sentence that says what to install
 */
export function setUp(paths = pathsOf()) {
  requireNode();
  const fresh = !existsSync(path.join(paths.venv, '.haba-stamp'));
  if (fresh) requireDiskSpace(paths.root);
  installJavaScript(paths);
  installPython(paths);
  const warning = buildAddon(paths);
  registerKernel(paths);
  if (warning !== undefined) process.stderr.write(`${warning}\n`);
}

if (process.argv[1] === import.meta.filename) main(() => setUp());
