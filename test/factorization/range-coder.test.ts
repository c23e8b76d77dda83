import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitModels, rangeDecoder, rangeEncoder } from '../../lib/factorization/range-coder';
import { Random } from '../../lib/tensor/random';

/** Bits of which a share is 1, in contexts 0 to 2. */
function source(count: number, share: number, seed: number) {
  const random = Random.stream(seed, 'test');
  return Array.from({ length: count }, () => ({ context: random.integer(3), bit: random.number() < share ? 1 : 0 }));
}

function encoded(bits: readonly { context: number; bit: number }[]): Uint8Array {
  const [models, { code, finish }] = [bitModels(3), rangeEncoder()];
  for (const { context, bit } of bits) assert.equal(code(models, context, bit), bit);
  return finish();
}

function decoded(bytes: Uint8Array, bits: readonly { context: number }[]): number[] {
  const [models, { code, finish }] = [bitModels(3), rangeDecoder(bytes)];
  const read = bits.map(({ context }) => code(models, context, 0));
  finish();
  return read;
}

test('what is decoded is what was encoded, whatever is likely, and however long', () => {
  for (const share of [0, 0.001, 0.3, 0.5, 0.99, 1]) {
    for (const count of [0, 1, 7, 3000]) {
      const bits = source(count, share, count);
      assert.deepEqual(
        decoded(encoded(bits), bits),
        bits.map(({ bit }) => bit),
        `${count} bits, ${share}`,
      );
    }
  }
});

test('bits that surprise again and again carry through bytes of 255', () => {
  // The model is sure of 0; then ones move the low end up to the top of its range, over and over.
  for (let seed = 0; seed < 60; seed++) {
    const random = Random.stream(seed, 'test', 'carries');
    const bits = Array.from({ length: 400 }, (_, place) => ({
      context: 0,
      bit: place % 40 < 20 + random.integer(20) ? 0 : 1,
    }));
    assert.deepEqual(
      decoded(encoded(bits), bits),
      bits.map(({ bit }) => bit),
    );
  }
});

test('bits take as much as their entropy, and hardly more', () => {
  for (const share of [0.02, 0.1, 0.5]) {
    const bits = source(60_000, share, 5);
    const ones = bits.filter(({ bit }) => bit === 1).length / bits.length;
    const entropy = -ones * Math.log2(ones) - (1 - ones) * Math.log2(1 - ones);
    const taken = (8 * encoded(bits).length) / bits.length;
    assert.ok(taken > 0.999 * entropy && taken < 1.03 * entropy + 0.002, `${taken} for ${entropy}`);
  }
});

test('bytes that end early, go on, or are none of its own are refused', () => {
  const bits = source(3000, 0.3, 1);
  const bytes = encoded(bits);
  assert.throws(() => decoded(bytes.subarray(0, bytes.length - 1), bits), /ends too early/);
  assert.throws(() => decoded(bytes.subarray(0, 3), bits), /ends too early/);
  assert.throws(() => decoded(Uint8Array.of(...bytes, 0), bits), /has 1 bytes more than its values take/);
  assert.throws(() => decoded(new Uint8Array(4).fill(255), bits), /is no output of the range coder/);
});
