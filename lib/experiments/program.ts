/** How other processes, here or on other machines, run this program. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../machine/environment';

/** `node --import loader program VERB ...`, in the project's folder. */
export function habaProgram(): { root: string; node: string; loader: string; program: string } {
  const root = projectRoot();
  const loader = pathToFileURL(require.resolve('tsx')).href;
  return { root, node: process.execPath, loader, program: path.join(root, 'lib', 'cli.ts') };
}
