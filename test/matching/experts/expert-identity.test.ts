import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configure } from '../../../lib/distillation/configuration';
import {
  expertsName,
  firstDifference,
  identityOf,
  type ExpertSettings,
} from '../../../lib/matching/experts/expert-identity';
import { settingsOfExperts, smallData } from '../../distillation/small-world';

const settings: ExpertSettings = {
  dataset: 'cifar10',
  checksum: 'abc',
  whitening: 'normalise',
  network: {
    name: 'ConvNet',
    width: 128,
    depth: 3,
    normalisation: 'instance',
    pooling: 'average',
    activation: 'relu',
  },
  augmentation: 'color_crop_cutout_flip_scale_rotate',
  learningRate: 0.01,
  momentum: 0,
  weightDecay: 0,
  batchSize: 256,
  seed: 0,
  holdOut: false,
};
const quick: ExpertSettings = { ...settings, whitening: 'zca', network: { ...settings.network, width: 32 }, seed: 3 };

test('two identities are pinned: where these change, experts of days of training are no longer found', () => {
  assert.deepEqual(identityOf(settings), { base: 'experts@2', dataset: 'cifar10', checksum: 'abc', differences: {} });
  assert.equal(expertsName(settings), 'cifar10-normalise-ConvNet-283736553c');
  assert.deepEqual(identityOf(quick).differences, { whitening: 'zca', 'network.width': 32, seed: 3 });
  assert.equal(expertsName(quick), 'cifar10-zca-ConvNet-0ad8087999');
});

test("the base is the paper profile's experts but for whitening", () => {
  const paper = configure({ profile: 'paper', matching: { method: 'mtt' } });
  const { differences } = identityOf({ ...settingsOfExperts(paper, smallData()), dataset: 'cifar10', checksum: 'abc' });
  assert.deepEqual(differences, {});
});

test('every setting makes other experts; how many there are, and in which order settings stand, does not', () => {
  const others: Partial<ExpertSettings>[] = [
    { dataset: 'mnist' },
    { checksum: 'abd' },
    { whitening: 'zca' },
    ...Object.keys(settings.network).map((key) => ({ network: { ...settings.network, [key]: 'other' } })),
    { network: { ...settings.network, batchNormalised: true } },
    { augmentation: 'none' },
    { learningRate: 0.02 },
    { momentum: 0.5 },
    { weightDecay: 1e-4 },
    { batchSize: 128 },
    { seed: 1 },
    { holdOut: true },
  ];
  const names = [settings, ...others.map((other) => ({ ...settings, ...other }))].map(expertsName);
  assert.equal(new Set(names).size, names.length);
  const reversed = Object.fromEntries(Object.entries(quick).reverse()) as unknown as ExpertSettings;
  const network = Object.fromEntries(Object.entries(quick.network).reverse());
  assert.equal(expertsName({ ...reversed, network }), expertsName(quick));
});

test('what is not said is as in the base', () => {
  const network = Object.entries(settings.network).filter(([key]) => key !== 'width');
  assert.equal(expertsName({ ...settings, network: Object.fromEntries(network) }), expertsName(settings));
});

test('the first difference, from either side', () => {
  const identity = identityOf(settings);
  assert.equal(firstDifference(identity, identity), undefined);
  assert.equal(firstDifference(identity, identityOf(quick)), 'whitening is normalise there, and zca here');
  assert.equal(firstDifference(identityOf({ ...settings, seed: 4 }), identity), 'seed is 4 there, and 0 here');
  const newer = { ...identity, differences: { 'network.attention': true } };
  assert.equal(firstDifference(newer, identity), 'network.attention is true there, and not said here');
});
