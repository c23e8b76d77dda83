import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '../../lib/files/canonical-json';

test('keys are in order at every depth, and arrays stay as they are', () => {
  assert.equal(canonicalJson({ b: [{ z: 1, a: 2 }], a: null }), '{"a":null,"b":[{"a":2,"z":1}]}');
});
