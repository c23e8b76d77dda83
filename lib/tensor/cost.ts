/** What a function costs, found by recording it instead of running it. */
import { computingThreads } from './backend';
import type { ElementType } from './graph/graph';
import { nativeBackend, newTracingBackend, trace } from './graph/tracer';
import { tf } from './tensorflow';
import { flatten, unflatten } from './tree';

export interface Cost {
  /** Floating point operations of convolutions and matrix products, and of sines; a multiplication and an addition are two. */
  operations: number;
  /** Bytes of all values together that are computed on the way: what differentiation keeps. */
  bytes: number;
}

/** What a sine takes, in operations of a matrix product at its usual speed: of DDiF's fit on one core, steps are mostly sines. */
const sineOperations = 100;

/**
 * Cost of one call, by the shapes of its inputs; nothing is computed.
 * @returns undefined where the native backend, which recording needs, is not there
 */
export function costOf<Inputs extends tf.TensorContainer>(
  run: (inputs: Inputs) => tf.TensorContainer,
  inputs: Inputs,
): Cost | undefined {
  const native = nativeBackend();
  if (native === undefined) return undefined;
  const { tensors, structure } = flatten(inputs);
  const forms = tensors.map(({ shape, dtype }) => ({ shape, dtype: dtype as ElementType }));
  const { graph } = trace(newTracingBackend(native), forms, (given) => {
    return flatten(run(unflatten(structure, given) as Inputs)).tensors;
  });
  const cost = { operations: 0, bytes: 0 };
  for (const { operation, inputs: operands, outputs } of graph.nodes) {
    if (operation === 'Placeholder' || operation === 'Const') continue;
    const size = tf.util.sizeFromShape(outputs[0].shape);
    cost.bytes += 4 * outputs.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
    if (operation === 'Conv2D') cost.operations += 2 * size * tf.util.sizeFromShape(operands[1].shape.slice(0, 3));
    if (operation === 'MatMul' || operation === 'BatchMatMulV2') {
      const [first, product] = [operands[0].shape, outputs[0].shape];
      // Transposed or not: the elements of one matrix, a row of the product.
      const inner = tf.util.sizeFromShape(first.slice(-2)) / product[product.length - 2];
      cost.operations += 2 * size * inner;
    }
    if (operation === 'Sin') cost.operations += sineOperations * size;
  }
  return cost;
}

const speeds = new Map<string, number>();

/**
 * Floating point operations a second of a product of two matrices of 1,024 x 1,024: the machine's measure. It is taken once in a
 * process, since of a tiny run it takes as long as the rest.
 */
export function matrixProductSpeed(): number {
  const computer = `${tf.getBackend()} ${computingThreads()}`;
  const speed = speeds.get(computer) ?? measureProductSpeed();
  speeds.set(computer, speed);
  return speed;
}

function measureProductSpeed(): number {
  const side = 1024;
  return tf.tidy(() => {
    const matrix = tf.ones<tf.Rank.R2>([side, side]);
    const seconds = Array.from({ length: 10 }, () => {
      const began = performance.now();
      tf.matMul(matrix, matrix).slice([0, 0], [1, 1]).dataSync();
      return (performance.now() - began) / 1000;
    });
    // The first one waits for threads to start; on a busy machine others wait for a core.
    return (2 * side ** 3) / Math.min(...seconds);
  });
}
