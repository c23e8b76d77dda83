/** `npm start`: the set-up, then JupyterLab on the quickstart. What follows `--` goes to JupyterLab. */
import { spawnSync } from 'node:child_process';
import { main } from './console.mjs';
import { pathsOf } from './paths.mjs';
import { setUp } from './set-up.mjs';

main(() => {
  const paths = pathsOf();
  setUp(paths);
  process.stderr.write(
    'JupyterLab listens on this machine only and asks for the token in its address; Ctrl-C twice stops it.\n',
  );
  const { status } = spawnSync(
    paths.jupyter,
    [
      'lab',
      '--ServerApp.ip=localhost',
      `--ServerApp.root_dir=${paths.root}`,
      ...process.argv.slice(2),
      'notebooks/00-quickstart.ipynb',
    ],
    { cwd: paths.root, stdio: 'inherit' },
  );
  return status ?? 1;
});
