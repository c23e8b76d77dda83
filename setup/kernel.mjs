/** The TypeScript kernel. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { step } from './console.mjs';
import { readStamp, stamp } from './stamp.mjs';

/** Registers it inside .venv, started so that notebooks find lib/ wherever they lie. */
export function registerKernel({ root, kernels }) {
  const file = path.join(kernels, 'tslab', 'kernel.json');
  const start = path.join(root, 'setup', 'start-kernel.cjs');
  const specification = {
    argv: [process.execPath, start, 'kernel', '--config-path', '{connection_file}'],
    display_name: 'TypeScript',
    language: 'typescript',
    // tslab catches SIGINT and stops the cell, not the kernel.
    interrupt_mode: 'signal',
  };
  const value = `${JSON.stringify(specification, undefined, 2)}\n`;
  step(
    'TypeScript kernel for Jupyter',
    () => readStamp(file) === value,
    () => stamp(file, value),
  );
}

/** What a kernel keeps for the next one is there before the first: it opens in half of the time. */
export function fillKernelCaches({ root, cache }) {
  step(
    'Library, read and compiled for the first notebook',
    () => existsSync(path.join(cache, 'compiled-packages.bin')),
    // Without it, too, the kernel works, and fills them itself.
    () => spawnSync(process.execPath, [path.join(root, 'setup', 'kernel', 'fill-caches.cjs')], { stdio: 'ignore' }),
  );
}
