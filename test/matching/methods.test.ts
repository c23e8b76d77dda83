/** Methods as values: what they answer, and which values are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure } from '../../lib/distillation/configuration';
import { matchingMethodOf, registerMatching } from '../../lib/matching/methods';
import { dmMethod } from '../../lib/matching/dm';

const workOf = (matching: Parameters<typeof configure>[0] & object) => {
  const { matching: options } = configure(matching);
  return matchingMethodOf(options.method).work!(options, { classCount: 10, items: 30 });
};

test('work: real and distilled images of an iteration, by how often they are differentiated', () => {
  assert.deepEqual(workOf({ matching: { method: 'dm', realBatch: 7 } }), {
    passes: { forward: 70, gradient: 30 },
    alive: { forward: 70, gradient: 30 },
    updates: 1,
  });
  // Three updates match 10 classes of 7 real images and 30 distilled ones; between them two trainings of four epochs on the 30.
  assert.deepEqual(workOf({ matching: { method: 'dc', realBatch: 7, outerLoops: 3, innerLoops: 4 } }), {
    passes: { gradient: 3 * 70 + 2 * 4 * 30, secondGradient: 90 },
    alive: { secondGradient: 7 + 3 },
    updates: 3,
  });
  const mtt = { method: 'mtt', studentSteps: 5, studentBatch: 8 } as const;
  assert.deepEqual(workOf({ matching: { ...mtt, unroll: 'full' } }), {
    passes: { secondGradient: 40 },
    alive: { secondGradient: 40 },
    updates: 1,
  });
  assert.deepEqual(workOf({ matching: { ...mtt, unroll: 'stepwise' } }), {
    // Every step once more: on the way there without being differentiated.
    passes: { gradient: 40, secondGradient: 40 },
    alive: { gradient: 8, secondGradient: 8 },
    updates: 1,
  });
  assert.deepEqual(workOf({ matching: { ...mtt, studentBatch: 0 } }).passes, { secondGradient: 5 * 30 });
});

test('configurations stored before methods had optimisers of their own: rates of what others learn are passed over', () => {
  const stored = configure({ profile: 'smoke', matching: { method: 'dm' } });
  const stepSize = { learningRate: 1e-5, momentum: 0.9 };
  assert.deepEqual(configure({ ...stored, optimisers: { ...stored.optimisers, stepSize } }), stored);
  assert.deepEqual(configure({ matching: { method: 'mtt' } }).optimisers.stepSize, stepSize);
  assert.throws(
    () => configure({ matching: { method: 'dm' }, optimisers: { stepSiz: stepSize } }),
    /'optimisers\.stepSiz' is not a key\. Allowed here: bases, hallucinators\./,
  );
});

test('refused: methods of the library, names no folder has, values that contradict themselves, unknown methods', () => {
  const refused = (change: object, message: RegExp) =>
    assert.throws(() => registerMatching({ ...dmMethod, name: 'mine', label: 'mine', ...change }), message);
  refused({ name: 'mtt' }, /registerMatching: the method 'mtt' is the library's own; give yours another name/);
  refused({ name: 'my loss' }, /the method 'my loss' must be of letters, digits and hyphens/);
  refused(
    { options: { method: dmMethod.options.realBatch } },
    /has an option 'method', which is what tells methods apart/,
  );
  refused({ label: 'MTT' }, /'mine' has the label 'MTT', which is that of the method 'mtt'/);
  refused({ label: 'none' }, /'mine' has the label 'none', which is that of real images/);
  const learned = { start: () => 1, optimiser: () => ({ learningRate: 1, momentum: 0 }) };
  refused({ learns: { 'a b': learned } }, /learns 'a b', a name not of letters and digits/);
  refused(
    { learns: { loss: learned } },
    /learns 'loss', which is the name of something else; taken are iteration, loss,/,
  );
  refused(
    { learns: { scale: learned }, studentRate: 'rate' },
    /the rate 'rate', which it does not learn; it learns scale/,
  );
  assert.throws(
    () => matchingMethodOf('dmm'),
    /no matching method 'dmm'; registered are dm, dc, dsa, mtt\. Did you mean 'dm'\?/,
  );
});
