import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { profileNames } from '../../lib/settings/profile-names';
import { configure, requireEnoughImages, type ConfigurationInput } from '../../lib/distillation/configuration';
import { explainIssue } from '../../lib/distillation/configuration-error';

/** The message of the refusal of an input that need not be well typed. */
function refusal(input: unknown): string {
  try {
    configure(input as ConfigurationInput);
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error));
    return error.message;
  }
  assert.fail('expected a refusal');
}

test('without input it is the quick profile: HaBa by distribution matching on CIFAR-10', () => {
  const { profile, dataset, set, matching, seed } = configure();
  assert.deepEqual([profile, dataset, set.kind, matching.method, seed], ['quick', 'cifar10', 'haba', 'dm', 0]);
});

test('what is given replaces the default beside it, at any depth, and nothing else', () => {
  const { matching, constraints } = configure({ matching: { realBatch: 7 }, constraints: { adversary: { width: 8 } } });
  assert.deepEqual(matching, { method: 'dm', realBatch: 7 });
  assert.deepEqual(constraints.adversary, { width: 8, depth: 3, learningRate: 0.001, momentum: 0.9 });
  assert.equal(constraints.cosine, 0.1);
});

test('a complete configuration configures to itself', () => {
  const configuration = configure({ profile: 'paper', dataset: 'shapes', set: { kind: 'images', ipc: 50 } });
  assert.deepEqual(configure(configuration), configuration);
});

test('undefined counts as not given', () => {
  assert.deepEqual(configure({ seed: undefined, set: { kind: undefined } }), configure());
});

test('every profile, method and kind of set is complete and valid', () => {
  for (const profile of profileNames)
    for (const method of ['dm', 'dc', 'dsa', 'mtt'] as const)
      for (const kind of ['images', 'haba'] as const) {
        const configuration = configure({ profile, matching: { method }, set: { kind } });
        assert.equal(configuration.matching.method, method);
        assert.equal(configuration.set.kind, kind);
      }
});

const refusals: [name: string, input: unknown, text: RegExp][] = [
  [
    'two lengths of students',
    { evaluation: { epochs: 3, updates: 4 } },
    /'evaluation\.epochs' is 3 and 'evaluation\.updates' is 4; give one of the two/,
  ],
  [
    'students tested on images that the set has seen',
    { holdOut: false, evaluation: { split: 'validation' } },
    /'evaluation\.split' is 'validation' and 'holdOut' is false; students cannot be tested on images/,
  ],
  [
    'a learned rate where none is learned',
    { evaluation: { learningRate: 'learned' } },
    /'evaluation\.learningRate' is 'learned' and 'matching\.method' is 'dm'; only 'mtt' learns/,
  ],
  [
    'a rate that is neither a number nor learned',
    { evaluation: { learningRate: 'fast' } },
    /'evaluation\.learningRate' is 'fast': allowed is a number of more than 0, or 'learned'/,
  ],
  [
    'an unknown key',
    { iteration: 5 },
    /'iteration' is not a key; did you mean 'iterations'\? Allowed here: profile, seed,/,
  ],
  [
    'an unknown inner key',
    { matching: { realbatch: 5 } },
    /'matching\.realbatch' is not a key; did you mean 'matching\.realBatch'\? Allowed here: method, realBatch\./,
  ],
  [
    'a key of another kind of set',
    { set: { kind: 'haba', ipc: 10 } },
    /'set\.ipc' is not a key.* Allowed here: kind, basesPerClass,/,
  ],
  [
    'a width of a network that has none',
    { network: { name: 'ResNet18', width: 64 } },
    /'network\.width' is not a key where 'network\.name' is 'ResNet18'\. Allowed here: name\./,
  ],
  [
    'an unknown option of ConvNet',
    { network: { wdith: 8 } },
    /'network\.wdith' is not a key; did you mean 'network\.width'\? Allowed here: name, width, depth, normalisation,/,
  ],
  [
    'an unknown network',
    { network: { name: 'ResNet19' } },
    /'network\.name' is 'ResNet19'; allowed are ConvNet, AlexNet, VGG11, ResNet18, .* Did you mean 'ResNet18'\?/,
  ],
  [
    'an unknown dataset',
    { dataset: 'cifar11' },
    /'dataset' is 'cifar11'; allowed are cifar10, .*Did you mean 'cifar10'\?/,
  ],
  [
    'an unknown method',
    { matching: { method: 'tm' } },
    /'matching\.method' is 'tm'; allowed are dm, dc, dsa, mtt\. Did you mean 'dm'\? One of your own is made first: registerMatching\.$/,
  ],
  [
    'an unknown kind of set',
    { set: { kind: 'linear' } },
    /'set\.kind' is 'linear'; allowed are images, haba, fred, linba, ddif, haba-linba\. Did you mean 'linba'\? One of your own is made first: registerParameterisation\.$/,
  ],
  ['no images', { set: { kind: 'images', ipc: 0 } }, /'set\.ipc' is 0; allowed is at least 1\./],
  ['half an image', { set: { kind: 'images', ipc: 1.5 } }, /'set\.ipc' is 1\.5; expected an integer\./],
  ['text for a number', { seed: '3' }, /'seed' is '3'; expected a value of type number\./],
  ['a number for a record', { set: 5 }, /'set' is 5; expected a value of type object\./],
  ['no number at all', { iterations: NaN }, /'iterations' is NaN; expected a value of type number\./],
  [
    'an infinite rate',
    { optimisers: { bases: { learningRate: Infinity } } },
    /'optimisers\.bases\.learningRate' is Infinity; expected a finite number\./,
  ],
  ['a momentum of one', { evaluation: { momentum: 1 } }, /'evaluation\.momentum' is 1; allowed is less than 1\./],
  [
    'an unknown augmentation',
    { augmentation: 'flip_blur' },
    /'augmentation' is 'flip_blur'; allowed is 'none' or augmentations joined by '_', out of color, crop, cutout, flip, scale, rotate\.$/,
  ],
  [
    'an unknown augmentation of students',
    { evaluation: { augmentation: 'color_' } },
    /'evaluation\.augmentation' is 'color_'; allowed is 'none' or augmentations joined by '_', out of color,/,
  ],
  [
    'experts shorter than a match',
    { matching: { method: 'mtt', latestStartEpoch: 9, expertEpochs: 3, experts: { epochs: 10 } } },
    /'matching\.experts\.epochs' is 10; matches that start before epoch 9 and are 3 epochs long need at least 11\./,
  ],
  ['a prototype', JSON.parse('{"__proto__": {"seed": 1}}'), /'__proto__' is not a key/],
  ['null', null, /expected an object of settings, got null/],
  ['text', 'quick', /expected an object of settings, got 'quick'/],
];
for (const [name, input, text] of refusals) {
  test(`refused: ${name}`, () => assert.match(refusal(input), text));
}

test("text that an option of one's own kind, method or network refuses is refused with what its schema says", () => {
  const schema = z.strictObject({ where: z.string().regex(/^[a-z]+$/, 'allowed are small letters') });
  const given = { where: 'Here' };
  const issue = schema.safeParse(given).error!.issues[0];
  assert.equal(explainIssue(issue, given, schema), "Configuration: 'where' is 'Here'; allowed are small letters.");
});

test('more images than the smallest class has are refused, unless they start from noise', () => {
  const images = configure({ set: { kind: 'images', ipc: 11 } });
  assert.throws(
    () => requireEnoughImages(images, [12, 10]),
    /'set\.ipc' is 11; the smallest class of cifar10 has 10 images, so allowed are 1 to 10/,
  );
  requireEnoughImages(images, [12, 11]);
  requireEnoughImages(configure({ set: { kind: 'images', ipc: 11, initialisation: 'noise' } }), [1]);
  assert.throws(
    () => requireEnoughImages(configure({ set: { kind: 'haba', basesPerClass: 3 } }), [2]),
    /'set\.basesPerClass' is 3;/,
  );
});

test('a length of students in one unit takes the place of the profile in the other', () => {
  const lengthOf = (input: ConfigurationInput) => {
    const { epochs, updates } = configure(input).evaluation;
    return { epochs, updates };
  };
  assert.deepEqual(lengthOf({}), { epochs: undefined, updates: 300 });
  assert.deepEqual(lengthOf({ evaluation: { epochs: 7 } }), { epochs: 7, updates: undefined });
  assert.deepEqual(lengthOf({ profile: 'paper' }), { epochs: 1000, updates: undefined });
  assert.deepEqual(lengthOf({ profile: 'paper', evaluation: { updates: 7 } }), { epochs: undefined, updates: 7 });
});

test('what students are tested on decides what the set may have seen', () => {
  const of = (input: ConfigurationInput) => {
    const { holdOut, evaluation } = configure(input);
    return [holdOut, evaluation.split];
  };
  assert.deepEqual(of({}), [false, 'test']);
  assert.deepEqual(of({ evaluation: { split: 'validation' } }), [true, 'validation']);
  assert.deepEqual(of({ holdOut: true }), [true, 'test']);
  const complete = configure({ evaluation: { split: 'validation' } });
  assert.deepEqual(configure(complete), complete);
});

test('students of trajectory matching train with the learned step size, unless a rate is given', () => {
  const rateOf = (input: ConfigurationInput) => configure(input).evaluation.learningRate;
  assert.equal(rateOf({ matching: { method: 'mtt' } }), 'learned');
  assert.equal(rateOf({ matching: { method: 'mtt' }, evaluation: { learningRate: 0.02 } }), 0.02);
  assert.equal(rateOf({}), 0.01);
});

test('labels are hard unless another kind is chosen, which has defaults of its own', () => {
  assert.deepEqual(configure().labels, { kind: 'hard' });
  const { labels, optimisers, matching } = configure({ matching: { method: 'mtt' }, labels: { kind: 'learned' } });
  const experts = {
    ...{ seed: 0, count: 3, epochs: 5, learningRate: 0.01 },
    momentum: 0,
    weightDecay: 0,
    batchSize: 256,
  };
  assert.deepEqual(labels, { kind: 'learned', start: 'hard', experts });
  assert.deepEqual(matching.method === 'mtt' && matching.experts, experts);
  assert.deepEqual(Object.keys(optimisers), ['bases', 'hallucinators', 'stepSize', 'labels']);
  const others = configure({ labels: { kind: 'experts', experts: { epochs: 9 } } });
  assert.deepEqual(others.labels, { kind: 'experts', experts: { ...experts, epochs: 9 } });
  assert.ok(!('labels' in others.optimisers));
  // With trajectory matching they are the run's own experts, of which labels may take others' numbers.
  const own = configure({
    matching: { method: 'mtt', experts: { seed: 4, count: 7 } },
    labels: { kind: 'experts', experts: { count: 2 } },
  });
  assert.deepEqual(own.labels, { kind: 'experts', experts: { ...experts, seed: 4, count: 2 } });
  assert.deepEqual(configure(own), own);
  const paper = (ipc: number) =>
    configure({ profile: 'paper', set: { kind: 'images', ipc }, labels: { kind: 'learned' } }).optimisers.labels;
  assert.deepEqual([paper(1), paper(10)], [5, 2].map((learningRate) => ({ learningRate, momentum: 0.9 }))); // prettier-ignore
});

const impossibleLabels: [what: string, input: ConfigurationInput, message: RegExp][] = [
  [
    'learned under a loss that has no labels',
    { matching: { method: 'dm' }, labels: { kind: 'learned' } },
    /'labels\.kind' is 'learned' and 'matching\.method' is 'dm', whose loss does not depend on labels, .*allowed are 'hard' and 'experts'\. Labels are learned with 'dc', 'dsa', 'mtt'/,
  ],
  [
    'an unknown kind',
    { labels: { kind: 'soft' as 'hard' } },
    /'labels\.kind' is 'soft'; allowed are hard, experts, learned/,
  ],
  [
    'options of another kind',
    { labels: { start: 'hard' } as ConfigurationInput['labels'] },
    /'labels\.start' is not a key where 'labels\.kind' is 'hard'/,
  ],
  [
    'a rate of what does not learn',
    { optimisers: { labels: { learningRate: 1 } } },
    /'optimisers\.labels' is not a key/,
  ],
  [
    'two kinds of experts',
    { matching: { method: 'mtt' }, labels: { kind: 'experts', experts: { seed: 1 } } },
    /'labels\.experts\.seed' is 1 and 'matching\.experts\.seed' is 0; a run has one kind of experts/,
  ],
];
for (const [what, input, message] of impossibleLabels) {
  test(`labels, ${what}: refused in a sentence`, () => {
    assert.throws(() => configure(input), message);
  });
}
