/** The network that a golden case speaks of. */
import { createAdversary } from '../../factorization/adversary';
import type { ConvNetChoices } from '../../networks/conv-net';
import { createNetwork } from '../../networks/create-network';
import type { Network } from '../../networks/network';
import { required, type GoldenCase } from './golden-case';

/**
 * By the names of the authors' `get_network`: 'ConvNetW32D2' has width 32 and depth 2, 'ConvNetMaxPool' another pooling; what
 * the listed parameters show goes before names.
 */
export function goldenNetwork(golden: GoldenCase, imageShape: [number, number, number]): Network {
  const { config } = golden;
  const name = config.network ?? 'Adversary';
  // The authors' networks widen every image of one channel.
  const common = { imageShape, classCount: required(golden, 'classes'), border: imageShape[2] === 1 ? 2 : 0 };
  if (name === 'Adversary') return createAdversary({ ...common, ...convNetShape(golden) });
  if (!name.startsWith('ConvNet')) return createNetwork({ name, ...common });
  return createNetwork({ name: 'ConvNet', ...common, ...convNetVariant(name), ...convNetShape(golden) });
}

type Variant = Partial<ConvNetChoices>;

function convNetVariant(name: string): Variant {
  const variant: Variant = {};
  let rest = name.slice('ConvNet'.length);
  const spelled: [RegExp, (number: number) => Variant][] = [
    [/^W(\d+)/, (width) => ({ width })],
    [/^D(\d+)/, (depth) => ({ depth })],
    [/^(?:MaxPool|MP)/, () => ({ pooling: 'max' })],
    [/^(?:AvgPool|AP)/, () => ({ pooling: 'average' })],
    [/^(?:NoPool|NP)/, () => ({ pooling: 'none' })],
    [/^(?:Instance|IN)/, () => ({ normalisation: 'instance' })],
    [/^(?:Group|GN)/, () => ({ normalisation: 'group' })],
    [/^(?:Layer|LN)/, () => ({ normalisation: 'layer' })],
    [/^KIP/, () => ({ width: 1024, normalisation: 'none' })],
    [/^(?:None|NN)/, () => ({ normalisation: 'none' })],
    [/^(?:Sigmoid|AS)/, () => ({ activation: 'sigmoid' })],
    [/^(?:LeakyReLU|AL)/, () => ({ activation: 'leaky-relu' })],
    [/^(?:ReLU|AR)/, () => ({ activation: 'relu' })],
  ];
  while (rest !== '') {
    const found = spelled.map(([pattern, make]) => [pattern.exec(rest), make] as const).find(([match]) => match);
    if (!found?.[0]) throw new Error(`there is no network '${name}': '${rest}' says nothing of a ConvNet.`);
    Object.assign(variant, found[1](Number(found[0][1])));
    rest = rest.slice(found[0][0].length);
  }
  return variant;
}

/** Width and depth, where the case says them or lists its parameters. */
function convNetShape({ config: { params, width, depth } }: GoldenCase): Variant {
  const convolutions = (params ?? []).filter(([, shape]) => shape.length === 4);
  return {
    ...(convolutions.length > 0 ? { width: convolutions[0][1][0], depth: convolutions.length } : {}),
    ...(width === undefined ? {} : { width }),
    ...(depth === undefined ? {} : { depth }),
  };
}
