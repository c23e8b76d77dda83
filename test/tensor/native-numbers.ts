/** A process of its own that says how many threads the native operations start, and what numbers they give, as JSON. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { useBackend } from '../../lib/tensor/backend';
import { hasImageKernels } from '../../lib/tensor/image-kernels';
import '../../lib/tensor/instance-normalisation';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

export interface NativeNumbers {
  /** Whether the addon has the operations. */
  native: boolean;
  /** Threads, with the calling one; undefined where the system does not list them. */
  threads?: number;
  /** SHA-256 of each operation's results, by operation and shapes. */
  digests: Record<string, string>;
}

/** One image, odd sides, channels that fill no block, large maps, and more images than any number of threads takes at once. */
const shapes = [
  [1, 2, 3, 1],
  [1, 97, 61, 5],
  [2, 160, 128, 3],
  [7, 5, 9, 35],
  [37, 16, 16, 33],
  [131, 8, 8, 3],
  [300, 4, 4, 64],
];

function digest(results: tf.Tensor | tf.Tensor[]): string {
  const hash = createHash('sha256');
  for (const tensor of [results].flat()) hash.update(tensor.dataSync<'float32'>());
  return hash.digest('hex');
}

/** Of every operation; inputs are made without any. */
function digests(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const shape of shapes) {
    const random = Random.stream(17, `${shape}`);
    const [images, height, width, channels] = shape;
    const record = (name: string, inputs: tf.NamedTensorMap, flags: tf.NamedAttrMap = {}) => {
      const results = tf.tidy(() => digest(tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, flags)));
      found[`${name} [${shape}] ${JSON.stringify(flags)}`] = results;
    };
    tf.tidy(() => {
      const [x, vx] = [random.normal(shape), random.normal(shape)];
      const [scale, shift, vscale, vshift] = [0, 1, 2, 3].map(() => random.normal([channels]));
      for (const pool of [false, true]) {
        const pooled = (side: number) => (pool ? Math.floor(side / 2) : side);
        const dy = random.normal([images, pooled(height), pooled(width), channels]);
        const flags = { relu: pool, pool };
        record('HabaInstanceNormalisation', { x, scale, shift }, flags);
        record('HabaInstanceNormalisationGrad', { x, scale, shift, dy }, flags);
        record('HabaInstanceNormalisationGradGrad', { x, scale, shift, dy, vx, vscale, vshift }, flags);
      }
      const maps = random.normal([images, 6]);
      record('HabaAffineSample', { images: x, maps });
      record('HabaAffineSampleAdjoint', { images: x, maps });
      const [brightness, saturation, contrast] = [0, 1, 2].map(() => random.normal([images, 1]));
      record('HabaColour', { images: x, brightness, saturation, contrast });
      record('HabaCutout', { images: x, rectangles: random.uniform([images, 4], 0, height) });
    });
  }
  return found;
}

const tasks = '/proc/self/task';
const countTasks = () => (existsSync(tasks) ? readdirSync(tasks).length : NaN);

async function main(): Promise<void> {
  await useBackend();
  // TensorFlow starts its own threads first.
  tf.tidy(() => {
    const images = tf.ones<tf.Rank.R4>([8, 16, 16, 8]);
    tf.conv2d(images, tf.ones<tf.Rank.R4>([3, 3, 8, 8]), 1, 'same')
      .matMul(tf.ones([8, 8]))
      .dataSync();
  });
  const before = countTasks();
  const native = hasImageKernels();
  const threads = 1 + countTasks() - before;
  const answer: NativeNumbers = { native, threads, digests: native ? digests() : {} };
  process.stdout.write(JSON.stringify(answer));
}

void main();
