/** What the backend sets before it loads, each in a process of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(__dirname, '..', '..');

/** What the environment is once the backend has loaded, and what computes. */
function loaded(environment: Record<string, string>) {
  const names = ['NVIDIA_TF32_OVERRIDE', 'TF_FORCE_GPU_ALLOW_GROWTH', 'TF_ENABLE_ONEDNN_OPTS'];
  const program = `
    const { computingDevice, useBackend } = require('./lib/tensor/backend');
    useBackend().then(() => {
      // A child inherits what libraries see, which need not be what process.env says.
      const seen = require('node:child_process').execFileSync('env', { encoding: 'utf8' }).split('\\n');
      const of = (name) => seen.find((line) => line.startsWith(name + '='))?.slice(name.length + 1);
      console.log(JSON.stringify({ ...computingDevice(), seen: ${JSON.stringify(names)}.map(of) }));
    });`;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.includes(name)));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as { backend: string; device: string; tensorflow: string | null; seen: string[] };
}

test('TF32 is off, and memory of a GPU is taken as needed', () => {
  const { backend, tensorflow, seen } = loaded({});
  assert.deepEqual(seen, ['0', 'true', '1']);
  if (backend === 'tensorflow') assert.match(tensorflow ?? '', /^2\.\d+/);
});

test('what the environment says stays', () => {
  const { seen } = loaded({ NVIDIA_TF32_OVERRIDE: '1', TF_FORCE_GPU_ALLOW_GROWTH: 'false' });
  assert.deepEqual(seen, ['1', 'false', '1']);
});

test('WebAssembly computes on the CPU, without TensorFlow', () => {
  const { backend, device, tensorflow } = loaded({ HABA_BACKEND: 'wasm' });
  assert.deepEqual([backend, device, tensorflow], ['wasm', 'CPU', null]);
});
