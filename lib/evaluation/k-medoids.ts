/** k-means medoids: the real images nearest to the centres of a class's clusters. */
import { kmeansGenerator } from 'ml-kmeans';
import type { ImageSource } from '../data/image-source';
import type { Random } from '../tensor/random';
import { embed, randomSelection, type HerdingOptions } from './baselines';

export interface MedoidsOptions extends HerdingOptions {
  /** Called before the clusters of each class. */
  onClass?: (label: number) => void;
  /** Stops between two iterations of k-means. */
  signal?: AbortSignal;
}

/** Iterations of k-means at most; it mostly converges before. */
const mostIterations = 100;

/**
 * k-means in each class, from the random real images that {@link randomSelection} takes with the same stream; then for each centre the image
 * nearest to it that no centre before it took.
 * @returns perClass different indices of each class, class by class
 * @throws RangeError when a class has fewer images
 * @throws DOMException named AbortError, when `signal` asks to stop
 * @see Lloyd, Least Squares Quantization in PCM, 1982; the clusters are ml-kmeans'
 */
export async function kMedoidsSelection(
  source: ImageSource,
  perClass: number,
  random: Random,
  options: MedoidsOptions,
): Promise<Int32Array> {
  const { onClass, signal } = options;
  const starts = randomSelection(source, perClass, random);
  const chosen: number[] = [];
  for (const [label, indices] of source.indicesOfClass.entries()) {
    onClass?.(label);
    const features = embed(source, indices, options);
    const points = features.arraySync();
    features.dispose();
    const placeOf = new Map([...indices].map((index, place) => [index, place]));
    let centres = [...starts.subarray(label * perClass, (label + 1) * perClass)].map(
      (index) => points[placeOf.get(index)!],
    );
    const iterations = kmeansGenerator(points, perClass, { initialization: centres, maxIterations: mostIterations });
    for (const { centroids } of iterations) {
      centres = centroids;
      // An iteration over a large class takes a second: in between, a stop is heard.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
    chosen.push(...medoids(points, centres).map((place) => indices[place]));
  }
  return Int32Array.from(chosen);
}

/** For each centre the place of the nearest point that is not taken. */
function medoids(points: readonly number[][], centres: readonly number[][]): number[] {
  const taken = new Set<number>();
  for (const centre of centres) {
    let [best, least] = [-1, Infinity];
    for (const [place, point] of points.entries()) {
      const distance = taken.has(place) ? Infinity : squaredDistance(point, centre);
      if (distance < least) [best, least] = [place, distance];
    }
    taken.add(best);
  }
  return [...taken];
}

function squaredDistance(first: readonly number[], second: readonly number[]): number {
  return first.reduce((sum, value, axis) => sum + (value - second[axis]) ** 2, 0);
}
