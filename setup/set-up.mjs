/** The whole set-up, step by step; each is passed over when an earlier run has finished it. */
import { buildAddon } from './addon.mjs';
import { secondsSince } from './console.mjs';
import { installJavaScript } from './javascript.mjs';
import { fillKernelCaches, registerKernel } from './kernel.mjs';
import { pathsOf } from './paths.mjs';
import { installPython } from './python.mjs';

/**
 * Brings everything the project needs; idempotent.
 * @param {object} [options]
 * @param {boolean} [options.retry] try again to build an addon that could not be built; default false
 * @throws {SetupError} with one sentence that says what to install
 */
export function setUp(paths = pathsOf(), { retry = false } = {}) {
  installJavaScript(paths);
  installPython(paths);
  const warning = buildAddon(paths, { retry });
  registerKernel(paths);
  fillKernelCaches(paths);
  if (warning !== undefined) process.stderr.write(`${warning}\n`);
}

export function main() {
  const began = performance.now();
  setUp(pathsOf(), { retry: true });
  process.stderr.write(`haba is set up (${secondsSince(began)} s); npm start opens the quickstart.\n`);
  return 0;
}
