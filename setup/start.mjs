/** `npm start`: the set-up, then JupyterLab on the quickstart. What follows `--` goes to JupyterLab. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { SetupError } from './console.mjs';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

/** What would let others in: a kernel executes whatever it is sent. */
const opening = [
  [
    /^--(\w+\.)?ip\b/,
    (option) =>
      `npm start listens on localhost only: leave ${option} out, and from another machine go through a tunnel (ssh -L 8888:localhost:8888 HOST).`,
  ],
  [
    /^--(\w+\.)?(token|password|password_required|hashed_password|identity_provider_class|allow_unauthenticated_access|disable_check_xsrf)\b/i,
    (option) => `npm start keeps token authentication: leave ${option} out; the address it prints carries the token.`,
  ],
];

export function main(given) {
  for (const argument of given) {
    const [option] = argument.split('=');
    const found = opening.find(([pattern]) => pattern.test(option));
    if (found) throw new SetupError(found[1](option));
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
    // Neither a question about news over the notebook, nor a look at the internet for newer versions: the page must not ask,
    // and the server answers no page that does.
    `--LabApp.app_settings_dir=${path.join(root, 'setup', 'jupyterlab')}`,
    '--LabApp.news_url=None',
    '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
  ];
  // Jupyter refuses to serve root, which in a container is the only user there is.
  if (process.getuid?.() === 0) options.push('--allow-root');
  const server = spawn(python, ['-m', 'jupyterlab', ...options, ...given], { cwd: root, stdio: 'inherit' });
  // Jupyter answers Ctrl-C itself, with a question, and must not lose its terminal meanwhile.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  return new Promise((resolve) => server.on('close', (status) => resolve(status ?? 1)));
}
