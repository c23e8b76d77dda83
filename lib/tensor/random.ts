/**
 * Random numbers: one seed, and from it as many independent streams as there are purposes. What a stream gives follows from the
 * seed and from its path alone, not from what was drawn elsewhere or before: so two runs of one seed meet the same networks, real
 * images and augmentations wherever their kinds allow, and an iteration's draws are the same whether a run was interrupted or not.
 */
import { createHash } from 'node:crypto';
import { unsafeUniformIntDistribution, xoroshiro128plus, type RandomGenerator } from 'pure-rand';
import { tf } from './tensorflow';

/** A purpose in a word or two ('student', 'real images'), or the number of one of several. */
export type StreamName = string | number;

/**
 * A stream of random numbers (xoroshiro128+ of pure-rand). It owns the only mutable state of the library: passing it to a
 * function means that the function draws from it, in a fixed order.
 */
export class Random {
  private readonly generator: RandomGenerator;

  private constructor(private readonly path: readonly StreamName[]) {
    this.generator = xoroshiro128plus.fromState(mixed(path));
  }

  /**
   * The stream of a purpose.
   * @param seed an integer; equal seeds give equal draws on every machine, and no two seeds are alike
   * @param path what the numbers are for, e.g. `'student', 3`
   * @throws RangeError for a seed that is no integer of at most 2^53
   */
  static stream(seed: number, ...path: readonly StreamName[]): Random {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`A seed is an integer of at most 2^53, got ${seed}.`);
    return new Random([seed, ...path]);
  }

  /** A stream of its own for a part of this one's purpose; it does not depend on what was drawn from this one. */
  stream(...path: readonly StreamName[]): Random {
    return new Random([...this.path, ...path]);
  }

  /** @returns one number in [minimum, maximum), 32 random bits */
  number(minimum = 0, maximum = 1): number {
    return minimum + ((maximum - minimum) * (this.generator.unsafeNext() >>> 0)) / 2 ** 32;
  }

  /**
   * @returns one integer in [0, bound)
   * @throws RangeError where there is none
   */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1) throw new RangeError(`There is no integer from 0 to below ${bound}.`);
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

/** The four 32-bit words that a stream begins with: SHA-256 mixes its path, so that near ones have nothing in common. */
function mixed(path: readonly StreamName[]): number[] {
  const digest = createHash('sha256').update(JSON.stringify(path)).digest();
  return [0, 4, 8, 12].map((place) => digest.readInt32LE(place));
}
