/** The bench's outcome as a table. */
import { table, type ColumnTable } from 'arquero';
import type { Benchmark, BenchmarkResult, Engine } from './benchmark';

const engines: [Engine, string][] = [
  ['compiled', 'compiled (ms)'],
  ['eager', 'eager (ms)'],
  ['pytorchEager', 'PyTorch (ms)'],
  ['pytorchCompile', 'torch.compile (ms)'],
  ['tensorflow', 'TensorFlow (ms)'],
];

/** A row a row: times, how many times faster than the others the compiled one is, and its share of a matrix product's speed. */
export function benchmarkTable({ rows }: Benchmark): ColumnTable {
  const measured = engines.filter(([engine]) => rows.some(({ milliseconds }) => milliseconds[engine] !== undefined));
  const cell = (value: number | undefined, digits: number) => (value === undefined ? '' : value.toFixed(digits));
  const against =
    (other: Engine) =>
    ({ milliseconds }: BenchmarkResult) => {
      const theirs = milliseconds[other];
      return theirs === undefined ? '' : (theirs / milliseconds.compiled!).toFixed(2);
    };
  return table({
    row: rows.map(({ name }) => name),
    ...Object.fromEntries(
      measured.map(([engine, title]) => [title, rows.map(({ milliseconds }) => cell(milliseconds[engine], 1))]),
    ),
    'against eager': rows.map(against('eager')),
    ...(measured.some(([engine]) => engine === 'pytorchEager')
      ? { 'against PyTorch': rows.map(against('pytorchEager')) }
      : {}),
    ...(measured.some(([engine]) => engine === 'pytorchCompile')
      ? { 'against torch.compile': rows.map(against('pytorchCompile')) }
      : {}),
    'of matmul speed': rows.map(({ fractionOfMatmul }) => cell(fractionOfMatmul, 2)),
  });
}
