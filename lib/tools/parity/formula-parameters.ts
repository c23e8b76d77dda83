/** Parameters that golden cases compute instead of storing them. */
import type { Network } from '../../networks/network';
import { parameterFromPyTorch } from '../../tensor/layout';
import type { Parameters } from '../../tensor/parameters';
import { Random } from '../../tensor/random';
import { tf } from '../../tensor/tensorflow';

/** Name and shape of a parameter, both PyTorch's. */
export type NamedShape = [name: string, shape: number[]];

/**
 * Values of parameter number `place` (from 0), in PyTorch's layout: pseudo-random by a hash of the element's number, uniform
 * with the deviation of a usual initialisation; see README of the golden cases.
 */
export function formulaValues([name, shape]: NamedShape, place: number): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  const amplitude = shape.length >= 2 ? 1 / Math.sqrt(size / shape[0]) : 0.1;
  const offset = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
  return Float32Array.from({ length: size }, (_, index) => {
    let hash = (Math.imul(index + 1, 2654435761) + Math.imul(place + 1, 40503)) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 16), 2246822519) >>> 0;
    hash = Math.imul(hash ^ (hash >>> 13), 3266489917) >>> 0;
    hash = (hash ^ (hash >>> 16)) >>> 0;
    return amplitude * Math.sqrt(3) * ((2 * hash) / 2 ** 32 - 1) + offset;
  });
}

/** All parameters of a network by the formula, in our layout. @throws Error when names or sizes are not the network's */
export function formulaParameters(network: Network, shapes: NamedShape[] = pytorchShapes(network)): Parameters {
  const stored = shapes.map((named, place) => [named[0], tf.tensor(formulaValues(named, place), named[1])] as const);
  return fromPyTorch(network, Object.fromEntries(stored));
}

/** Parameters in PyTorch's layout and names as a network of ours takes them. @throws Error when names or sizes differ */
export function fromPyTorch(network: Network, given: Record<string, tf.Tensor>): Parameters {
  const like = tf.tidy(() => network.init(Random.stream(0, 'shapes alone')));
  const parameters: Parameters = {};
  for (const [name, theirs] of Object.entries(given)) {
    const ours = like[ourName(name)];
    if (ours?.size !== theirs.size) {
      const expected = ours === undefined ? 'has none of that name' : `has ${ours.size} numbers in it`;
      throw new Error(`parameter '${name}' with ${theirs.size} numbers: our ${network.name} ${expected}.`);
    }
    parameters[ourName(name)] = parameterFromPyTorch(theirs, ours.shape);
  }
  const missing = Object.keys(like).find((name) => !(name in parameters));
  if (missing !== undefined) throw new Error(`the case has no parameter '${missing}' of ${network.name}.`);
  return parameters;
}

/** The authors' adversary keeps its blocks in `model`, ours in `features`. */
export const ourName = (name: string) => name.replace(/^model\./, 'features.');

/** What PyTorch's `named_parameters` of the same network lists. */
export function pytorchShapes(network: Network): NamedShape[] {
  return tf.tidy(() =>
    Object.entries(network.init(Random.stream(0, 'shapes alone'))).map(([name, parameter]): NamedShape => {
      const shape: number[] = parameter.shape;
      if (shape.length === 1) return [name, shape];
      if (shape.length === 3) return [name, [shape[2], shape[0], shape[1]]];
      const outputs = shape[shape.length - 1];
      const inputs = shape.slice(0, -1).reduce((product, side) => product * side, 1);
      const linear = shape.length === 2 || /^(classifier|fc)/.test(name);
      return [name, linear ? [outputs, inputs] : [outputs, shape[2], shape[0], shape[1]]];
    }),
  );
}
