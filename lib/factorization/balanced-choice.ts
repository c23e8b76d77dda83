/** Which view each item of a batch is seen in, e.g. which hallucinator serves which basis. */
import type { Random } from '../tensor/random';

/** Every view as often as any other (to one), in random order. @returns [count], 0 to views - 1 */
export function balancedChoice(random: Random, count: number, views: number): Int32Array {
  if (views === 1) return new Int32Array(count);
  const order = random.permutation(views);
  return random.permutation(count).map((place) => order[place % views]);
}
