/** `npm start`: JupyterLab for this machine alone, and only for whoever has its token. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, connect, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

const root = path.resolve(__dirname, '..', '..');
const startProgram = [path.join(root, 'setup', 'main.mjs'), 'start'];

let server: ChildProcess;
let port: number;
let said = '';
let token: string;

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: found } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return found;
}

before(async () => {
  port = await freePort();
  const options = ['--no-browser', '--port', String(port), '--ServerApp.port_retries=0'];
  server = spawn(process.execPath, [...startProgram, ...options], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const found = await new Promise<string>((resolve, reject) => {
    const look = (part: Buffer) => {
      said += part.toString();
      const address = new RegExp(`http://localhost:${port}/\\S*[?&]token=([0-9a-f]{20,})`).exec(said);
      if (address) resolve(address[1]);
    };
    server.stdout?.on('data', look);
    server.stderr?.on('data', look);
    server.on('close', () => reject(new Error(`It ended before it gave its address: ${said}`)));
  });
  token = found;
});
after(async () => {
  if (server.exitCode !== null) return;
  const ended = new Promise((resolve) => server.on('close', resolve));
  server.kill('SIGTERM');
  await ended;
});

const ask = (given: RequestInit = {}) => fetch(`http://127.0.0.1:${port}/api/contents/notebooks`, given);

test('it says that it listens on localhost only, and gives an address with a token', () => {
  assert.match(said, /JupyterLab listens on localhost only, and the address below carries its token\./);
  assert.match(token, /^[0-9a-f]{20,}$/);
});

test('without the token everything is refused; with it, notebooks are listed', async () => {
  assert.equal((await ask()).status, 403);
  assert.equal((await ask({ headers: { authorization: 'token 0000' } })).status, 403);
  const kernel = await fetch(`http://127.0.0.1:${port}/api/kernels`, { method: 'POST', body: '{"name": "tslab"}' });
  assert.equal(kernel.status, 403, 'no kernel, which executes what it is sent, is to be had without a token');
  const page = await fetch(`http://127.0.0.1:${port}/lab`, { redirect: 'manual' });
  assert.deepEqual([page.status, page.headers.get('location')?.startsWith('/login')], [302, true]);
  const listed = await ask({ headers: { authorization: `token ${token}` } });
  assert.equal(listed.status, 200);
  assert.match(await listed.text(), /00-quickstart\.ipynb/);
});

/** Whether anybody listens there. */
function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

const outside = Object.values(networkInterfaces())
  .flat()
  .filter((address) => address && !address.internal && !address.address.startsWith('fe80'))
  .map((address) => address!.address);

test(
  'on the other addresses of this machine nobody answers',
  { skip: outside.length > 0 ? false : 'this machine has no other address' },
  async () => {
    assert.equal(await answers('127.0.0.1'), true);
    for (const address of outside) assert.equal(await answers(address), false, address);
  },
);

const weakening = [
  ['--ip', '0.0.0.0'],
  ['--ip=0.0.0.0'],
  ['--ServerApp.ip=*'],
  ['--LabApp.ip=*'],
  ['--ServerApp.token='],
  ['--IdentityProvider.token', ''],
  ['--ServerApp.password='],
  ['--PasswordIdentityProvider.password_required=False'],
  ['--ServerApp.allow_unauthenticated_access=True'],
  ['--ServerApp.disable_check_xsrf=True'],
  ['--ServerApp.identity_provider_class=x'],
];

test('no question about news covers the notebook, and nothing looks for newer versions of JupyterLab', async () => {
  const headers = { authorization: `token ${token}` };
  const page = await (await fetch(`http://127.0.0.1:${port}/lab`, { headers })).text();
  const [, settings] = /<script id="jupyter-config-data"[^>]*>([\s\S]*?)<\/script>/.exec(page) ?? [];
  assert.deepEqual((JSON.parse(settings) as { news: unknown }).news, { disabled: true });
  const update = await fetch(`http://127.0.0.1:${port}/lab/api/update`, { headers });
  assert.deepEqual([update.status, await update.json()], [200, { notification: null }]);
});

test('options that would open it are refused before anything starts, with a sentence that says what to do', () => {
  for (const options of weakening) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [...startProgram, ...options], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(status, 1, `${options}: ${stdout}${stderr}`);
    assert.match(
      stderr,
      /^npm start (listens on localhost only|keeps token authentication): leave --\S+ out/,
      `${options}`,
    );
  }
});
