import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyUnused, type GpuSigns, type LibrarySigns } from '../../lib/machine/unused-gpu';

const libraries: LibrarySigns = { missing: {}, driverError: 0, driverCuda: 12040 };
const signs: GpuSigns = {
  card: 'NVIDIA A100',
  driver: true,
  deviceFile: true,
  backend: 'tensorflow',
  usesGpu: false,
  tensorflowHasCuda: true,
  libraries,
};
const cannotOpen = (name: string) => `${name}: cannot open shared object file: No such file or directory`;

test('nothing is said where there is no card, or where it is used', () => {
  assert.equal(whyUnused({ ...signs, card: undefined, driver: false, tensorflowHasCuda: false }), undefined);
  assert.equal(whyUnused({ ...signs, usesGpu: true }), undefined);
});

const cases: [string, Partial<GpuSigns>, string][] = [
  [
    'hidden',
    { visibleDevices: '-1', driver: false },
    "CUDA_VISIBLE_DEVICES is '-1', which hides it. Unset it to compute there.",
  ],
  [
    'hidden by nothing',
    { visibleDevices: '' },
    "CUDA_VISIBLE_DEVICES is '', which hides it. Unset it to compute there.",
  ],
  [
    'WebAssembly asked for',
    { backend: 'wasm', askedBackend: 'wasm' },
    'HABA_BACKEND=wasm asks for WebAssembly, which computes on the CPU. Unset it to compute there.',
  ],
  [
    'no driver, and therefore no CUDA either',
    { driver: false, deviceFile: false, tensorflowHasCuda: false, libraries: undefined },
    "NVIDIA's driver is not loaded. Install it so that nvidia-smi lists the GPU, then: npm run setup",
  ],
  [
    'a container that was not given it',
    { deviceFile: false },
    'there is no /dev/nvidia0 to reach it through. A container must be given it (docker run --gpus all), a job must ask its ' +
      'scheduler for it.',
  ],
  [
    'WebAssembly for want of the addon',
    { backend: 'wasm', tensorflowHasCuda: undefined },
    'native TensorFlow does not load, and WebAssembly computes on the CPU. To mend it: npm run setup',
  ],
  [
    'TensorFlow without CUDA',
    { tensorflowHasCuda: false, libraries: undefined },
    'the TensorFlow of .venv has no CUDA. To bring the one that has (7 GB): HABA_CUDA=1 npm run setup',
  ],
  [
    "the driver's library missing",
    { libraries: { missing: { 'libcuda.so.1': cannotOpen('libcuda.so.1') }, driverError: null, driverCuda: null } },
    `the driver's library does not load (${cannotOpen('libcuda.so.1')}). Install it beside the driver, or give it to the ` +
      'container (docker run --gpus all).',
  ],
  [
    'CUDA libraries missing',
    {
      libraries: {
        ...libraries,
        missing: { 'libcudnn.so.9': cannotOpen('libcudnn.so.9'), 'libcufft.so.11': cannotOpen('libcufft.so.11') },
      },
    },
    `libcudnn.so.9, libcufft.so.11 do not load (${cannotOpen('libcudnn.so.9')}). To bring the CUDA libraries anew, move ` +
      '.venv away and: HABA_CUDA=1 npm run setup',
  ],
  [
    'one CUDA library missing',
    { libraries: { ...libraries, missing: { 'libcudnn.so.9': cannotOpen('libcudnn.so.9') } } },
    `libcudnn.so.9 does not load (${cannotOpen('libcudnn.so.9')}). To bring the CUDA libraries anew, move .venv away and: ` +
      'HABA_CUDA=1 npm run setup',
  ],
  [
    'an old driver',
    { libraries: { ...libraries, driverCuda: 11040 } },
    'its driver knows CUDA 11.4, and TensorFlow needs 12.0. Update the driver.',
  ],
  [
    'a driver that shows no card',
    { libraries: { ...libraries, driverError: 100 } },
    'the driver shows this process no card (CUDA error 100). A job must ask its scheduler for one, a container be given one.',
  ],
  [
    'a driver that fails',
    { libraries: { ...libraries, driverError: 803 } },
    'its driver answers with CUDA error 803. nvidia-smi may say more; after an update of the driver, restart the machine.',
  ],
  ['nothing found', {}, "TensorFlow's own messages tell why: TF_CPP_MIN_LOG_LEVEL=0 npm run haba -- doctor"],
  [
    'nobody could look',
    { libraries: undefined },
    "TensorFlow's own messages tell why: TF_CPP_MIN_LOG_LEVEL=0 npm run haba -- doctor",
  ],
];

for (const [name, found, reason] of cases) {
  test(`${name}: the reason, and what to do`, () => {
    assert.equal(whyUnused({ ...signs, ...found }), `NVIDIA A100 is there and not used: ${reason}`);
  });
}
