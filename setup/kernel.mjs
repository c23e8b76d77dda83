/** Registers the TypeScript kernel inside .venv, started so that notebooks find lib/ wherever they lie. */
import path from 'node:path';
import { step } from './console.mjs';
import { readStamp, stamp } from './stamp.mjs';

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
