import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { estimateRun } from '../../lib/distillation/estimate';
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
