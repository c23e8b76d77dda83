import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { doctor } from '../../lib/machine/doctor';
import { loadLibraries, readGpuSigns, unusedGpu } from '../../lib/machine/gpu-signs';
import { projectRoot } from '../../lib/machine/environment';
import { computingDevice, useBackend } from '../../lib/tensor/backend';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-signs-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with files of given texts. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(folder, 'root-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

const bus = (vendor: string, kind: string) => ({
  'sys/bus/pci/devices/0000:01:00.0/vendor': `${vendor}\n`,
  'sys/bus/pci/devices/0000:01:00.0/class': `${kind}\n`,
});
const driver = {
  'proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15\n',
  'proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 53\n',
};

/** Card, driver and device file as found under a root. */
function found(files: Record<string, string>) {
  const { card, driver: loaded, deviceFile } = readGpuSigns({ root: tree(files), venv: tree({}), environment: {} });
  return [card, loaded, deviceFile];
}

test('a card is seen on the bus without a driver, named by the driver, and reached by its device file', () => {
  assert.deepEqual(found({}), [undefined, false, false]);
  assert.deepEqual(found(bus('0x8086', '0x030000')), [undefined, false, false], 'graphics of another maker');
  assert.deepEqual(found(bus('0x10de', '0x0c0330')), [undefined, false, false], 'a USB controller of NVIDIA');
  assert.deepEqual(found(bus('0x10de', '0x030200')), ['An NVIDIA GPU', false, false]);
  assert.deepEqual(found({ ...bus('0x10de', '0x030200'), ...driver }), ['NVIDIA A100-SXM4-40GB', true, false]);
  assert.deepEqual(found({ ...driver, 'dev/nvidia0': '' }), ['NVIDIA A100-SXM4-40GB', true, true]);
  assert.deepEqual(found({ 'dev/nvidia0': '' }), ['An NVIDIA GPU', false, true]);
  assert.deepEqual(found({ 'dev/nvidiactl': '' }), [undefined, false, false]);
  assert.deepEqual(found({ 'dev/dxg': '', 'usr/lib/wsl/lib/libcuda.so.1': '' }), ['An NVIDIA GPU', true, true]);
});

test('two cards of one kind are one name, of two kinds two', () => {
  const second = (model: string) => ({ 'proc/driver/nvidia/gpus/0000:02:00.0/information': `Model: ${model}\n` });
  assert.equal(found({ ...driver, ...second('NVIDIA A100-SXM4-40GB') })[0], 'NVIDIA A100-SXM4-40GB');
  assert.equal(found({ ...driver, ...second('NVIDIA T4') })[0], 'NVIDIA A100-SXM4-40GB, NVIDIA T4');
});

/** A .venv whose TensorFlow says that it was built with CUDA or without, and whose Python answers as told. */
function venv(cuda: boolean, python = ''): string {
  const home = tree({
    'lib/python3.11/site-packages/tensorflow/python/platform/build_info.py': `build_info = collections.OrderedDict([('is_cuda_build', ${cuda ? 'True' : 'False'})])`,
    'bin/python': `#!/bin/sh\n${python}\n`,
  });
  chmodSync(path.join(home, 'bin/python'), 0o755);
  return home;
}

test('libraries are loaded only where a card, its driver and a TensorFlow with CUDA are there', (context) => {
  if (computingDevice().device === 'GPU') return context.skip('a GPU computes here: nobody asks why not');
  const root = tree({ ...driver, 'dev/nvidia0': '' });
  const answer = { missing: { 'libcudnn.so.9': 'no such file' }, driverError: 0, driverCuda: 12040 };
  const speaking = venv(true, `echo '${JSON.stringify(answer)}'`);
  assert.deepEqual(readGpuSigns({ root, venv: speaking, environment: {} }).libraries, answer);
  assert.equal(readGpuSigns({ root: tree({}), venv: speaking, environment: {} }).libraries, undefined);
  assert.equal(readGpuSigns({ root, venv: venv(false, 'echo {}'), environment: {} }).libraries, undefined);
  assert.equal(readGpuSigns({ root, venv: venv(true, 'exit 1'), environment: {} }).libraries, undefined);
  const { tensorflowHasCuda } = readGpuSigns({ root, venv: tree({}), environment: {} });
  assert.equal(tensorflowHasCuda, undefined);
});

test('what the environment asks for is passed on', () => {
  const environment = { CUDA_VISIBLE_DEVICES: '-1', HABA_BACKEND: 'wasm' };
  const { visibleDevices, askedBackend } = readGpuSigns({ root: tree({}), venv: tree({}), environment });
  assert.deepEqual([visibleDevices, askedBackend], ['-1', 'wasm']);
});

test("this project's Python loads each library, and says of those that are not there why", () => {
  const libraries = loadLibraries(path.join(projectRoot(), '.venv'));
  assert.ok(libraries);
  for (const [name, reason] of Object.entries(libraries.missing)) {
    assert.match(name, /^lib(cuda|cudart|cublas|cublasLt|cufft|cusparse|cusolver|cudnn)\.so\.\d+$/);
    assert.match(reason, new RegExp(name.replaceAll('.', '\\.')));
  }
  // Without its library the driver cannot be asked.
  assert.equal(libraries.driverError === null, 'libcuda.so.1' in libraries.missing);
});

test('doctor says of the GPU of this machine that it computes, or why not, or that there is none', async () => {
  const value = (await doctor(folder)).find(({ name }) => name === 'NVIDIA GPU')?.value;
  const { card, usesGpu } = readGpuSigns();
  if (usesGpu) assert.match(value ?? '', /TF32/);
  else if (card !== undefined) assert.equal(value, unusedGpu());
  else assert.match(value ?? '', /^none here/);
});
