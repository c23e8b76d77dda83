/** `npm start`: the set-up, then JupyterLab on the quickstart. What follows `--` goes to JupyterLab. */
import { spawn } from 'node:child_process';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

export function main(given) {
  const { root, python } = pathsOf();
  setUp();
  process.stderr.write(
    'JupyterLab listens on localhost only, and the address below carries its token. Ctrl-C twice stops it.\n',
  );
  const options = [`--ServerApp.root_dir=${root}`, '--MultiKernelManager.default_kernel_name=tslab'];
  // Jupyter refuses to serve root, which in a container is the only user there is.
  if (process.getuid?.() === 0) options.push('--allow-root');
  const command = [
    '-m',
    'jupyterlab',
    ...options,
    ...given,
    '--ServerApp.ip=localhost',
    'notebooks/00-quickstart.ipynb',
  ];
  const server = spawn(python, command, { cwd: root, stdio: 'inherit' });
  // Jupyter answers Ctrl-C itself, with a question, and must not lose its terminal meanwhile.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  return new Promise((resolve) => server.on('close', (status) => resolve(status ?? 1)));
}
