/** What a network's parameters look like, without keeping any. */
import { disposeAll } from '../tensor/parameters';
import { Random } from '../tensor/random';
import type { Network } from './network';

/** Shapes of a network's parameters, name by name. */
export function parameterShapes(network: Network): Record<string, number[]> {
  const parameters = network.init(Random.stream(0, 'shapes alone'));
  const shapes = Object.fromEntries(Object.entries(parameters).map(([name, tensor]) => [name, tensor.shape]));
  disposeAll(parameters);
  return shapes;
}
