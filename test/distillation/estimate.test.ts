import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Configuration } from '../../lib/distillation/configuration';
import { estimateRun, iterationOperations } from '../../lib/distillation/estimate';
import { computingDevice, useBackend } from '../../lib/tensor/backend';
import { tf } from '../../lib/tensor/tensorflow';
import { smallConfiguration, smallData } from './small-world';

before(() => useBackend());

test('on a GPU nothing is estimated: host memory and the speed of a large product say nothing there', (context) => {
  if (computingDevice().backend === 'wasm') return context.skip('WebAssembly estimates nothing anywhere');
  const data = smallData();
  const configuration = smallConfiguration({ matching: { method: 'dm' } });
  const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
  const device = backend.isUsingGpuDevice;
  try {
    backend.isUsingGpuDevice = false;
    const estimate = estimateRun(configuration, data);
    assert.ok(estimate !== undefined && estimate.seconds > 0 && estimate.bytes > 0);
    backend.isUsingGpuDevice = true;
    assert.equal(estimateRun(configuration, data), undefined);
  } finally {
    backend.isUsingGpuDevice = device;
    data.dispose();
  }
});

/** Of one forward pass of the small ConvNet, two blocks on 12x12 RGB and 6x6, and its classifier of two classes on 3x3. */
const operations = (width: number) => 2 * 9 * (3 * width * 12 * 12 + width * width * 6 * 6) + 2 * 3 * 3 * width * 2;

test('a run is its iterations and its students, each image by how often it is differentiated', (context) => {
  if (computingDevice().backend === 'wasm') return context.skip('WebAssembly estimates nothing anywhere');
  const data = smallData();
  try {
    const set = { kind: 'images', ipc: 2 } as const;
    const configuration = smallConfiguration({ matching: { method: 'mtt' }, set });
    const estimate = estimateRun(configuration, data)!;
    // Three steps of three images, differentiated twice: nine forward passes each. A student takes 30 steps on the four images, three
    // passes each, and classifies the eight of the test split.
    const ratio = (3 * 3 * 9) / (30 * 4 * 3 + 8);
    assert.ok(Math.abs(estimate.iterationSeconds / estimate.studentSeconds / ratio - 1) < 1e-9);
    assert.ok(
      Math.abs(iterationOperations(configuration, data.train)! / operations(4) / (3 * 3 * 9) - 1) < 1e-9,
      'operations of the iteration',
    );
    const { iterations, evaluation } = configuration;
    const whole = iterations * estimate.iterationSeconds + evaluation.students * estimate.studentSeconds;
    assert.ok(Math.abs(estimate.seconds / whole - 1) < 1e-9);
    // Nine images at three copies, or, step by step, three at two and three: 12 copies less.
    const stepwise = { ...configuration, matching: { ...configuration.matching, unroll: 'stepwise' } } as Configuration;
    const less = estimate.ownBytes - estimateRun(stepwise, data)!.ownBytes;
    const testBytes = 8 * 4 * 12 * 12 * 3;
    assert.ok(Math.abs(less / (estimate.ownBytes - testBytes) - 12 / 27) < 1e-9);
  } finally {
    data.dispose();
  }
});
