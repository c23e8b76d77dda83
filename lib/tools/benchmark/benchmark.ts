/** The bench: every row in every engine, side by side in one run. */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { median } from 'simple-statistics';
import { createProgress, type ProgressReporter } from '../../terminal/progress';
import { firstCallOfUnroll, type FirstCall } from './first-call';
import { matrixProduct } from './matrix-product';
import { startPeer, type Peer } from './peer';
import { benchmarkRows } from './rows';

/** What can compute: ours as graphs and eagerly, and others. */
export const engineNames = ['compiled', 'eager', 'pytorchEager', 'pytorchCompile', 'tensorflow'] as const;

export type Engine = (typeof engineNames)[number];

/** Absent where not measured. */
export type ByEngine = Partial<Record<Engine, number>>;

export interface BenchmarkResult {
  name: string;
  /** Median of the repetitions. */
  milliseconds: ByEngine;
  /** Speed of the compiled row as a share of the machine's speed at one large matrix product; absent where it has none. */
  fractionOfMatmul?: number;
  /** Largest growth of resident memory in the first repetition, in a fresh process. */
  peakBytes?: ByEngine;
}

export interface BenchmarkOptions {
  /** A Python that has PyTorch. */
  peer?: string;
  /** A Python that has TensorFlow, the upper reference. Default: that of .venv. */
  tensorflow?: string;
  /** Only rows whose names match. */
  rows?: RegExp;
  /** Beside 'compiled', which is always measured. Default: all that are there. */
  engines?: readonly Engine[];
  /** Of each row, after one to warm up. Default 7. */
  repetitions?: number;
  progress?: ProgressReporter;
}

export interface Benchmark {
  /** Of each engine, and the machine's matrix product. */
  versions: Partial<Record<Engine, string>>;
  /** What ours and PyTorch compute on; the TensorFlow of .venv sees the same one. */
  device: 'CPU' | 'GPU';
  matmulGigaflops: number;
  rows: BenchmarkResult[];
  /** Of an unroll of fifty steps at width 32; absent where only some rows are measured. */
  firstCall?: FirstCall;
}

interface RunningEngine {
  name: Engine;
  peer: Peer;
  mode: 'eager' | 'compile';
}

/**
 * Measures repetition by repetition, one engine after the other and never two at once, so that a machine that slows down slows
 * all alike.
 * @throws RangeError when no row matches, or an engine that was asked for is not there; Error when a peer does not start
 */
export async function benchmark(options: BenchmarkOptions = {}): Promise<Benchmark> {
  const { peer, tensorflow = path.join('.venv', 'bin', 'python'), rows: wanted, repetitions = 7 } = options;
  const rows = benchmarkRows.filter(({ name }) => wanted?.test(name) ?? true);
  if (rows.length === 0) {
    throw new RangeError(`No row matches ${wanted}; there are: ${benchmarkRows.map(({ name }) => name).join('; ')}.`);
  }
  const progress = options.progress ?? createProgress();
  const there = peerStarters(peer, tensorflow);
  const lacking = options.engines?.filter((asked) => !there.some(([name]) => name === asked)) ?? [];
  if (lacking.length > 0) {
    throw new RangeError(
      `${lacking.join(', ')} cannot be measured; there are: ${there.map(([name]) => name).join(', ')}. ` +
        'PyTorch is measured beside where `peer` (--peer) names a Python that has it.',
    );
  }
  const starters = there.filter(([name]) => name === 'compiled' || (options.engines?.includes(name) ?? true));
  const engines: RunningEngine[] = [];
  try {
    for (const [name, start, mode] of starters)
      engines.push({ name, peer: await start(engines[0]?.peer.device), mode });
    const results: BenchmarkResult[] = [];
    progress.stage({ name: 'measuring', total: rows.length * (repetitions + 1) });
    const gigaflops: number[] = [];
    for (const [place, row] of rows.entries()) {
      const times = new Map<Engine, number[]>();
      for (let repetition = 0; repetition <= repetitions; repetition++) {
        for (const { name, peer: running, mode } of engines) {
          const milliseconds = await running.measure({ row: row.name, mode });
          // The first one traces, compiles and fills caches.
          if (milliseconds === undefined || repetition === 0) continue;
          times.set(name, [...(times.get(name) ?? []), milliseconds * (row.scale ?? 1)]);
        }
        const product = await engines[0].peer.measure({ row: matrixProduct.name, mode: 'eager' });
        if (repetition > 0) gigaflops.push(matrixProduct.operations / product! / 1e6);
        progress.update(place * (repetitions + 1) + repetition + 1);
      }
      const medians = [...times].map(([name, all]) => [name, median(all)] as const);
      results.push({ name: row.name, milliseconds: Object.fromEntries(medians) });
    }
    const speed = median(gigaflops);
    for (const [place, { operations, memory, name }] of rows.entries()) {
      const { compiled } = results[place].milliseconds;
      if (operations && compiled) results[place].fractionOfMatmul = operations / compiled / 1e6 / speed;
      // Of the machine's memory, not of a card's.
      if (memory && engines[0].peer.device === 'CPU') results[place].peakBytes = await peakMemory(name, starters);
    }
    const versions = Object.fromEntries(engines.map((engine) => [engine.name, engine.peer.version]));
    const firstCall = wanted === undefined ? await firstCallOfUnroll() : undefined;
    return {
      versions,
      device: engines[0].peer.device,
      matmulGigaflops: speed,
      rows: results,
      ...(firstCall ? { firstCall } : {}),
    };
  } finally {
    progress.end();
    engines.forEach((engine) => engine.peer.close());
  }
}

type PeerStarter = [name: Engine, start: (device?: Peer['device']) => Promise<Peer>, mode: 'eager' | 'compile'];

function peerStarters(pytorch: string | undefined, tensorflow: string): PeerStarter[] {
  const here = (file: string) => path.join(__dirname, file);
  const threads = String(availableParallelism());
  const own = (mode: string) => startPeer([process.execPath, '--import', 'tsx', here('own-peer.ts'), mode]);
  const ours: PeerStarter[] = [
    ['compiled', () => own('compiled'), 'eager'],
    ['eager', () => own('eager'), 'eager'],
  ];
  const quiet = { TF_CPP_MIN_LOG_LEVEL: '2' };
  const reference: PeerStarter = [
    'tensorflow',
    () => startPeer([tensorflow, here('tensorflow_peer.py')], quiet),
    'eager',
  ];
  if (pytorch === undefined) return [...ours, reference];
  const start = (device: Peer['device'] = 'CPU') =>
    startPeer([pytorch, here('pytorch_peer.py'), threads, device === 'GPU' ? 'cuda' : 'cpu']);
  return [...ours, ['pytorchEager', start, 'eager'], ['pytorchCompile', start, 'compile'], reference];
}

/** Each engine in a fresh process, which has run nothing else. */
async function peakMemory(row: string, starters: PeerStarter[]): Promise<ByEngine> {
  const peaks: ByEngine = {};
  for (const [name, start] of starters) {
    if (name === 'pytorchCompile' || name === 'tensorflow') continue;
    const peer = await start();
    peaks[name] = await peer.measure({ row, mode: 'memory' });
    peer.close();
  }
  return peaks;
}

/** Geometric mean of how many times faster `first` is than `second`, over the rows that have both; undefined where none has. */
export function speedup(rows: BenchmarkResult[], first: Engine, second: Engine): number | undefined {
  const ratios = rows.flatMap(({ milliseconds }) => {
    const [ours, theirs] = [milliseconds[first], milliseconds[second]];
    return ours === undefined || theirs === undefined ? [] : [Math.log(theirs / ours)];
  });
  return ratios.length === 0 ? undefined : Math.exp(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
}
