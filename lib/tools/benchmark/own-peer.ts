/** The library's own rows in a process of their own, so that what one mode keeps in memory does not slow another. */
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { computingDevice, useBackend } from '../../tensor/backend';
import { withExecution } from '../../tensor/execution';
import { peakMemory } from '../../tensor/memory';
import { tf } from '../../tensor/tensorflow';
import { matrixProduct, productOfMatrices } from './matrix-product';
import type { PeerRequest } from './peer';
import { benchmarkRows, type Repetition } from './rows';

async function main(): Promise<void> {
  await useBackend();
  const prepared = new Map<string, Repetition>();
  const prepare = (name: string) => {
    const row = benchmarkRows.find((one) => one.name === name);
    const repeat = prepared.get(name) ?? (row ? row.prepare() : productOfMatrices());
    prepared.set(name, repeat);
    return repeat;
  };
  const rows = [...benchmarkRows.map(({ name }) => name), matrixProduct.name];
  answer({ version: tf.version['tfjs-core'], device: computingDevice().device, rows });
  for await (const line of createInterface({ input: process.stdin })) {
    const { row, mode } = JSON.parse(line) as PeerRequest;
    const repeat = prepare(row);
    if (mode === 'memory') {
      answer({ peakBytes: await peakGrowth(repeat) });
      continue;
    }
    const began = performance.now();
    await repeat();
    answer({ milliseconds: performance.now() - began });
  }
}

function answer(reply: unknown): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

/** Largest growth of resident memory while the work runs, as Linux counts it. */
async function peakGrowth(repeat: Repetition): Promise<number> {
  // 5 sets the peak back to what is resident now.
  writeFileSync('/proc/self/clear_refs', '5');
  const before = process.memoryUsage().rss;
  await repeat();
  return Math.max(0, peakMemory() - before);
}

void withExecution(process.argv[2] === 'compiled' ? 'compiled' : 'eager', main);
