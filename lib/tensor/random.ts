/** Random numbers from one seeded generator, whose state can be stored and restored. */
import { unsafeUniformIntDistribution, xoroshiro128plus, type RandomGenerator } from 'pure-rand';
import { z } from 'zod';
import { tf } from './tensorflow';

/** Everything needed to go on drawing where a generator stopped: the four 32-bit words of xoroshiro128+. */
export type RandomState = readonly number[];

/** A state as JSON text, as it stands in the metadata of files. */
export const randomStateSchema = z.string().transform((text, context): RandomState => {
  try {
    const state: unknown = JSON.parse(text);
    if (Array.isArray(state) && state.length === 4 && state.every((word) => word === (Number(word) | 0))) {
      return state as number[];
    }
  } catch {
    // Told below.
  }
  context.addIssue({ code: z.ZodIssueCode.custom, message: 'not the four 32-bit integers of a random generator' });
  return z.NEVER;
});

/**
 * A seeded generator (xoroshiro128+ of pure-rand). It owns the only mutable state of the library: passing it to a
 * function means that the function draws from it, in a fixed order.
 */
export class Random {
  private constructor(private readonly generator: RandomGenerator) {}

  /** @param seed an integer; equal seeds give equal draws on every machine */
  static fromSeed(seed: number): Random {
    if (!Number.isInteger(seed)) throw new RangeError(`A seed is an integer, got ${seed}.`);
    return new Random(xoroshiro128plus(seed));
  }

  /** Goes on from a state returned by {@link Random.state}. */
  static fromState(state: RandomState): Random {
    return new Random(xoroshiro128plus.fromState(state));
  }

  get state(): RandomState {
    const state = this.generator.getState?.();
    if (state === undefined) throw new Error('This version of pure-rand does not give its state; version 7 does.');
    return state;
  }

  /** An independent generator seeded from this one's next draw, for work whose number of draws is not fixed. */
  fork(): Random {
    return Random.fromSeed(this.generator.unsafeNext() | 0);
  }

  /** @returns one number in [minimum, maximum), 32 random bits */
  number(minimum = 0, maximum = 1): number {
    return minimum + ((maximum - minimum) * (this.generator.unsafeNext() >>> 0)) / 2 ** 32;
  }

  /** @returns one integer in [0, bound) */
  integer(bound: number): number {
    return unsafeUniformIntDistribution(0, bound - 1, this.generator);
  }

  /** @returns `count` integers in [0, bound), with replacement */
  integers(count: number, bound: number): Int32Array {
    return Int32Array.from({ length: count }, () => this.integer(bound));
  }

  /** @returns the numbers 0 to count - 1 in random order (Fisher-Yates) */
  permutation(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [order[last], order[other]] = [order[other], order[last]];
    }
    return order;
  }

  /** @returns `count` of the given values, without replacement, in random order */
  choice(values: ArrayLike<number>, count: number): Int32Array {
    if (count > values.length)
      throw new RangeError(`Cannot choose ${count} of ${values.length} values without replacement.`);
    const pool = Int32Array.from(values);
    for (let index = 0; index < count; index++) {
      const other = index + this.integer(pool.length - index);
      [pool[index], pool[other]] = [pool[other], pool[index]];
    }
    return pool.slice(0, count);
  }

  /** @returns float32 values uniform in [minimum, maximum) */
  uniformValues(count: number, minimum = 0, maximum = 1): Float32Array {
    return Float32Array.from({ length: count }, () => this.number(minimum, maximum));
  }

  /** @returns standard normal float32 values (Box-Muller) */
  normalValues(count: number): Float32Array {
    const values = new Float32Array(count);
    for (let index = 0; index < count; index += 2) {
      // 1 - u lies in (0, 1], so that its logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - this.number()));
      const angle = 2 * Math.PI * this.number();
      values[index] = radius * Math.cos(angle);
      if (index + 1 < count) values[index + 1] = radius * Math.sin(angle);
    }
    return values;
  }

  /** @returns a tensor of `shape`, uniform in [minimum, maximum); the caller disposes of it */
  uniform(shape: number[], minimum = 0, maximum = 1): tf.Tensor {
    return tf.tensor(this.uniformValues(tf.util.sizeFromShape(shape), minimum, maximum), shape);
  }

  /** @returns a standard normal tensor of `shape`; the caller disposes of it */
  normal(shape: number[]): tf.Tensor {
    return tf.tensor(this.normalValues(tf.util.sizeFromShape(shape)), shape);
  }
}
