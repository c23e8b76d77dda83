import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { estimateRun } from '../../../lib/distillation/estimate';
import { computingDevice, useBackend } from '../../../lib/tensor/backend';
import { fitToMemory } from '../../../lib/tools/scaling/fit-to-memory';
import { smallConfiguration, smallData } from '../../distillation/small-world';

before(() => useBackend());

test('what memory holds stays; what it does not is walked back step by step, or said to need more', (context) => {
  if (computingDevice().backend === 'wasm') return context.skip('WebAssembly estimates nothing anywhere');
  const data = smallData();
  try {
    const full = smallConfiguration({ matching: { method: 'mtt' }, set: { kind: 'images', ipc: 2 } });
    const stepwise = { ...full, matching: { ...full.matching, unroll: 'stepwise' } } as typeof full;
    const [large, small] = [full, stepwise].map((one) => estimateRun(one, data)!.ownBytes);
    assert.ok(small < large);

    assert.equal(fitToMemory(full, data, large).configuration, full);
    const fitted = fitToMemory(full, data, small);
    assert.deepEqual(fitted.configuration, stepwise);
    assert.equal(fitted.estimate!.ownBytes, small);
    assert.equal(fitted.lacking, undefined);
    const lacking = fitToMemory(full, data, small - 1).lacking!;
    assert.equal(lacking.bytes, small);
    assert.match(lacking.why, /^it needs about 0\.0 GB of memory, and 0\.0 GB were free$/);

    const means = smallConfiguration({ matching: { method: 'dm' }, set: { kind: 'images', ipc: 2 } });
    const other = fitToMemory(means, data, 1);
    assert.equal(other.configuration, means);
    assert.ok(other.lacking);
  } finally {
    data.dispose();
  }
});
