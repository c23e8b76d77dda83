/** What the first call of a long unroll costs: recording, loading and optimising its graph. */
import { useBackend } from '../../tensor/backend';
import type { GraphReport } from '../../tensor/compile';
import { prepareUnroll } from './rows';

/** Of one graph: its nodes, its bytes as a file, seconds of recording and loading it, and of its first run. */
export interface FirstCall extends Omit<GraphReport, 'signature'> {
  steps: number;
  width: number;
}

/** @returns undefined where nothing is compiled, as on the WASM backend */
export async function firstCallOfUnroll({ steps = 50, width = 32 } = {}): Promise<FirstCall | undefined> {
  await useBackend();
  const unroll = prepareUnroll(width, steps);
  try {
    unroll.repeat();
    const [graph] = unroll.report();
    if (graph === undefined) return undefined;
    const { nodes, bytes, traceSeconds, firstRunSeconds } = graph;
    return { steps, width, nodes, bytes, traceSeconds, firstRunSeconds };
  } finally {
    unroll.dispose();
  }
}
