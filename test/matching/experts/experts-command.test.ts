import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure, type ConfigurationInput } from '../../../lib/distillation/configuration';
import { expertsAdvice, expertsCommand } from '../../../lib/matching/experts/experts-command';
import { matchingMethodOf } from '../../../lib/matching/methods';
import { settingsOfExperts, smallData } from '../../distillation/small-world';

/** What the command line makes of `--dataset NAME --set a.b=c`. */
function spelled(command: string): ConfigurationInput {
  const words = command.split(' ');
  const input: Record<string, unknown> = {
    matching: { method: 'mtt' },
    dataset: words[words.indexOf('--dataset') + 1],
  };
  for (const [, keys, text] of command.matchAll(/--set ([\w.]+)=(\S+)/g)) {
    const path = keys.split('.');
    const record = path.slice(0, -1).reduce((inner, key) => {
      inner[key] ??= {};
      return inner[key] as Record<string, unknown>;
    }, input);
    const truths: Record<string, boolean> = { true: true, false: false };
    record[path[path.length - 1]] = truths[text] ?? (Number.isNaN(Number(text)) ? text : Number(text));
  }
  return input;
}

test('the command trains the very experts that a configuration asks for, whatever its profile', () => {
  const data = smallData();
  const inputs: ConfigurationInput[] = [
    { profile: 'smoke', dataset: 'mnist', augmentation: 'none', matching: { method: 'mtt' } },
    {
      profile: 'paper',
      holdOut: true,
      set: { kind: 'haba', basesPerClass: 1 },
      network: { width: 64, pooling: 'max' },
    },
    {
      profile: 'quick',
      matching: {
        method: 'mtt',
        latestStartEpoch: 9,
        expertEpochs: 3,
        experts: { epochs: 11, seed: 4, momentum: 0.5 },
      },
    },
  ];
  for (const input of inputs) {
    const configuration = configure(input);
    assert.ok(configuration.matching.method === 'mtt');
    const again = configure(spelled(expertsCommand(configuration.matching, configuration)));
    assert.ok(again.matching.method === 'mtt');
    assert.deepEqual(settingsOfExperts(again, data), settingsOfExperts(configuration, data));
    assert.deepEqual(again.matching.experts, configuration.matching.experts);
    assert.deepEqual([again.dataset, again.holdOut], [configuration.dataset, configuration.holdOut]);
  }
});

test('the folder is quoted where a shell would split it', () => {
  const mtt = configure({ matching: { method: 'mtt' } });
  assert.ok(mtt.matching.method === 'mtt');
  assert.match(
    expertsCommand(mtt.matching, mtt, { experts: 'a/b-c' }),
    /^npm run haba -- experts --dataset cifar10 .* --experts a\/b-c$/,
  );
  assert.match(expertsCommand(mtt.matching, mtt, { dataFolder: 'my data' }), / --data 'my data'$/);
  assert.match(
    expertsAdvice(mtt.matching, mtt, { experts: "it's mine" }),
    /^They are made by: .* --experts 'it'\\''s mine'$/,
  );
});

test('other methods need nothing prepared', () => {
  const preparing = ['dm', 'dc', 'dsa', 'mtt'].filter((name) => matchingMethodOf(name).prepare !== undefined);
  assert.deepEqual(preparing, ['mtt']);
});
