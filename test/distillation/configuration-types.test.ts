/** What the types of configurations know of the library's sets, methods and networks, which they have from the lists that register them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure, type ConfigurationInput } from '../../lib';
import { parameterisationKinds, type SetOptions } from '../../lib/factorization/parameterisations';
import { matchingNames, type MatchingOptions } from '../../lib/matching/methods';
import { networkNames, type NetworkOptions } from '../../lib/networks/network-families';

/** Every line of them is an error of `tsc` where the types allow it. */
const wrong: [ConfigurationInput, RegExp][] = [
  // @ts-expect-error: images are counted by `ipc`.
  [{ set: { kind: 'images', basesPerClass: 3 } }, /'set\.basesPerClass' is not a key/],
  // @ts-expect-error: a number.
  [{ set: { kind: 'haba', hallucinators: 'five' } }, /'set\.hallucinators' is 'five'/],
  // @ts-expect-error: colour or single.
  [{ set: { kind: 'haba', channels: 'grey' } }, /'set\.channels' is 'grey'/],
  // @ts-expect-error: no option of any kind.
  [{ set: { kind: 'haba-linba', kept: 3 } }, /'set\.kept' is not a key/],
  // @ts-expect-error: there is no such kind.
  [{ set: { kind: 'habba' } }, /'set\.kind' is 'habba'/],
  // @ts-expect-error: of gradient matching.
  [{ matching: { method: 'dm', outerLoops: 2 } }, /'matching\.outerLoops' is not a key/],
  // @ts-expect-error: full or stepwise.
  [{ matching: { method: 'mtt', unroll: 'half' } }, /'matching\.unroll' is 'half'/],
  // @ts-expect-error: experts have no width.
  [{ matching: { method: 'mtt', experts: { width: 3 } } }, /'matching\.experts\.width' is not a key/],
  // @ts-expect-error: there is no such method.
  [{ matching: { method: 'dmm' } }, /'matching\.method' is 'dmm'/],
  // @ts-expect-error: of the ConvNet alone.
  [{ network: { name: 'MLP', width: 3 } }, /'network\.width' is not a key/],
  // @ts-expect-error: average, max or none.
  [{ network: { pooling: 'mean' } }, /'network\.pooling' is 'mean'/],
  // @ts-expect-error: there is no such network.
  [{ network: { name: 'ConvNett' } }, /'network\.name' is 'ConvNett'/],
];

const sets: ConfigurationInput['set'][] = [
  { kind: 'images', ipc: 1 },
  { kind: 'haba', basesPerClass: 1, hallucinators: 2, channels: 'single' },
  { kind: 'fred', kept: 3 },
  { kind: 'linba', dictionary: 3 },
  { kind: 'ddif', hidden: 3 },
  { kind: 'haba-linba', dictionary: 3, basesPerClass: 20, hallucinators: 2 },
];
const methods: ConfigurationInput['matching'][] = [
  { method: 'dm', realBatch: 3 },
  { method: 'dc', outerLoops: 2 },
  { method: 'dsa', outerLoops: 2 },
  { method: 'mtt', unroll: 'stepwise', experts: { count: 3 } },
];
const networks: ConfigurationInput['network'][] = [
  { name: 'ConvNet', width: 3 },
  ...[{ name: 'AlexNet' } as const, { name: 'VGG11' } as const, { name: 'ResNet18' } as const],
  ...[{ name: 'ResNet18_AP' } as const, { name: 'LeNet' } as const, { name: 'MLP' } as const],
];

test('what the types refuse, the check refuses', () => {
  for (const [input, message] of wrong) assert.throws(() => configure(input), message);
});

test('they know every set, method and network of the library, with its options, and what is left out', () => {
  for (const set of sets) configure({ set });
  for (const matching of methods) configure({ matching });
  for (const network of networks) configure({ network });
  configure({ set: { ipc: 3, kind: 'images' }, matching: { realBatch: 3 }, network: { width: 3 } });
  assert.deepEqual(
    sets.map((set) => set!.kind),
    parameterisationKinds(),
  );
  assert.deepEqual(
    methods.map((matching) => matching!.method),
    matchingNames(),
  );
  assert.deepEqual(
    networks.map((network) => network!.name),
    networkNames(),
  );
});

test('a complete configuration says by its kind which options it has', () => {
  const { set, matching, network } = configure({ set: { kind: 'haba' }, matching: { method: 'mtt' } });
  const told = [
    ofSet(set),
    ofMethod(matching),
    ofNetwork(network),
    ofSet(configure({ set: { kind: 'fred', kept: 7 } }).set),
  ];
  assert.deepEqual(told, [3, 0.01, 32, 7]);
});

function ofSet(set: SetOptions): number {
  if (set.kind === 'fred') return set.kept;
  if (set.kind !== 'haba') return NaN;
  // @ts-expect-error: only FreD has it.
  assert.equal(set.kept, undefined);
  return set.middleChannels;
}

function ofMethod(matching: MatchingOptions): number {
  if (matching.method !== 'mtt') return NaN;
  // @ts-expect-error: no method has it.
  assert.equal(matching.rate, undefined);
  return matching.stepSize;
}

function ofNetwork(network: NetworkOptions): number {
  if (network.name !== 'ConvNet') return NaN;
  // @ts-expect-error: no ConvNet has it.
  assert.equal(network.hidden, undefined);
  return network.width;
}
