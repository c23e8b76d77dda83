/** `npm start`: the set-up, then JupyterLab on the quickstart. What follows `--` goes to JupyterLab. */
import { spawn } from 'node:child_process';
import { SetupError } from './console.mjs';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

export function main(given) {
  if (given.some((argument) => /^--(ServerApp\.)?ip\b/.test(argument))) {
    throw new SetupError(
      'npm start listens on localhost only: leave --ip out, and from another machine go through a tunnel (ssh -L 8888:localhost:8888 HOST).',
    );
  }
  const { root, python } = pathsOf();
  setUp();
  process.stderr.write(
    'JupyterLab listens on localhost only, and the address below carries its token. Ctrl-C twice stops it.\n',
  );
  const options = [
    `--ServerApp.root_dir=${root}`,
    '--ServerApp.ip=localhost',
    '--LabApp.default_url=/lab/tree/notebooks/00-quickstart.ipynb',
    '--MultiKernelManager.default_kernel_name=tslab',
  ];
  // Jupyter refuses to serve root, which in a container is the only user there is.
  if (process.getuid?.() === 0) options.push('--allow-root');
  const server = spawn(python, ['-m', 'jupyterlab', ...options, ...given], { cwd: root, stdio: 'inherit' });
  // Jupyter answers Ctrl-C itself, with a question, and must not lose its terminal meanwhile.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  return new Promise((resolve) => server.on('close', (status) => resolve(status ?? 1)));
}
