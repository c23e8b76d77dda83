/** HaBa as a composition: hallucinators on whatever another kind decodes. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { hallucinate } from '../../lib/factorization/hallucinator';
import { combineBases } from '../../lib/factorization/linba';
import { multiFormation } from '../../lib/factorization/multi-formation';
import { parameterisationOf } from '../../lib/factorization/parameterisations';
import { useBackend } from '../../lib/tensor/backend';
import { withPrefix } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { assertClose } from '../formula';
import { smallSource } from '../small-source';
import { prepared } from './prepared';

before(() => useBackend());

const shape = { imageShape: [8, 8, 3] as const, classCount: 2 };
const int32 = (values: number[]) => tf.tensor1d(values, 'int32');
const options = { kind: 'haba-linba', basesPerClass: 4, dictionary: 3, hallucinators: 2, ...shape } as const;

for (const factor of [1, 2]) {
  test(`HaBa on LinBa, factor ${factor}: bases are combinations of the dictionary, cut, then hallucinated`, () => {
    tf.tidy(() => {
      const set = createDistilledSet({ ...options, factor });
      const parameters = prepared(set, Random.stream(0, 'test'), smallSource());
      const items = [7, 0, 3];
      const hallucinators = [1, 0, 1];
      const images = set.images(parameters, { items: int32(items), hallucinators: int32(hallucinators) });
      const bases = combineBases(
        tf.gather(parameters.coefficients, items) as tf.Tensor2D,
        parameters.dictionary as tf.Tensor4D,
      );
      const crops = multiFormation(bases, factor);
      const each = Array.from({ length: crops.shape[0] }, (_, row) => hallucinators[row % 3]);
      const expected = hallucinate(withPrefix(parameters, 'hallucinators.'), crops, int32(each));
      assertClose(images, expected.dataSync<'float32'>());
      assert.deepEqual([set.views, set.formations, set.perClass], [2, factor ** 2, 4]);
      assert.deepEqual(
        [...set.labels(items)],
        Array.from({ length: 3 * factor ** 2 }, (_, row) => [1, 0, 0][row % 3]),
      );
    });
  });
}

test('it starts where LinBa does, with the hallucinators that HaBa starts with', () => {
  tf.tidy(() => {
    const random = Random.stream(4, 'test');
    const parameters = prepared(createDistilledSet(options), random, smallSource());
    const linba = createDistilledSet({ kind: 'linba', ipc: 4, dictionary: 3, ...shape });
    const haba = createDistilledSet({ kind: 'haba', basesPerClass: 4, hallucinators: 2, ...shape });
    const expected = { ...haba.init(random, smallSource()), ...prepared(linba, random, smallSource()) };
    for (const [name, tensor] of Object.entries(parameters)) {
      assert.deepEqual(tensor.dataSync(), expected[name].dataSync(), name);
    }
  });
});

test("options are those of both, items are bases, and each part has its own kind's optimiser", () => {
  const haba = parameterisationOf('haba-linba');
  assert.deepEqual(Object.keys(haba.options), [
    'basesPerClass',
    'dictionary',
    'hallucinators',
    'kernelSize',
    'middleChannels',
    'hallucinatorInitialisation',
    'identityNoise',
    'factor',
    'initialisation',
  ]);
  assert.deepEqual([haba.itemsPerClass, haba.itemsInName?.(7)], ['basesPerClass', '7bases']);
  const rates = (learningRate: number) => ({ learningRate, momentum: 0.5 });
  const usual = { bases: rates(10), hallucinators: rates(0.001) };
  const parts = haba.optimisers!(usual, { profile: 'quick', matches: 'features' });
  assert.deepEqual(Object.keys(parts), ['coefficients', 'dictionary', 'hallucinators']);
  assert.deepEqual(parts.hallucinators, usual.hallucinators);
});

test('options of HaBa stand in the order in which names of its runs tell them, and so do its parts', () => {
  const haba = parameterisationOf('haba');
  assert.deepEqual(Object.keys(haba.options), [
    'basesPerClass',
    'channels',
    'hallucinators',
    'kernelSize',
    'middleChannels',
    'hallucinatorInitialisation',
    'identityNoise',
    'factor',
    'initialisation',
  ]);
  const usual = { bases: { learningRate: 1, momentum: 0 }, hallucinators: { learningRate: 2, momentum: 0.1 } };
  assert.deepEqual(haba.optimisers!(usual, { profile: 'quick', matches: 'features' }), usual);
});
