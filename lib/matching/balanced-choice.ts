/** Which hallucinator serves which basis. */
import type { Random } from '../tensor/random';

/** Every hallucinator as often as any other (to one), in random order. @returns [count], 0 to hallucinators - 1 */
export function balancedChoice(random: Random, count: number, hallucinators: number): Int32Array {
  if (hallucinators === 1) return new Int32Array(count);
  const order = random.permutation(hallucinators);
  return random.permutation(count).map((place) => order[place % hallucinators]);
}
