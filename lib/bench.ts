/** `npm run bench`: training steps here beside PyTorch and TensorFlow, in one run. */
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { runCommand } from './commands/run-command';
import { benchmark, engineNames, speedup, type Benchmark, type Engine } from './tools/benchmark/benchmark';
import { benchmarkTable } from './tools/benchmark/table';

interface Flags {
  peer?: string;
  rows?: string;
  engines?: Engine[];
  repetitions: string;
  json?: boolean;
}

function summary(result: Benchmark): string {
  const means = (['eager', 'pytorchEager', 'pytorchCompile', 'tensorflow'] as const).flatMap((engine) => {
    const ratio = speedup(result.rows, 'compiled', engine);
    return ratio === undefined ? [] : [`${ratio.toFixed(2)} times as fast as ${engine} (${result.versions[engine]})`];
  });
  const memory = result.rows.flatMap(({ name, peakBytes = {} }) =>
    Object.entries(peakBytes).map(
      ([engine, bytes]) => `${name}, peak memory ${engine}: ${Math.round(bytes / 2 ** 20)} MiB`,
    ),
  );
  const { firstCall } = result;
  const first = firstCall
    ? [
        `first call of an unroll of ${firstCall.steps} steps, width ${firstCall.width}: ${firstCall.traceSeconds.toFixed(1)} s to record ` +
          `and load ${firstCall.nodes} nodes (${(firstCall.bytes / 1e6).toFixed(1)} MB), ${firstCall.firstRunSeconds.toFixed(1)} s for the first run`,
      ]
    : [];
  const speed = `matrix product: ${result.matmulGigaflops.toFixed(0)} GFLOP/s on a ${result.device}`;
  return [`compiled, geometric mean over rows: ${means.join('; ')}`, ...memory, ...first, speed].join('\n');
}

const program = new Command('bench')
  .description('ConvNet, unrolls, matching losses, students, hallucination and augmentation, against other engines')
  .option('--peer <python>', 'a Python that has PyTorch, to measure against')
  .option('--rows <pattern>', 'only rows whose names match this regular expression')
  .addOption(new Option('--engines <name...>', 'beside compiled; by default all that are there').choices(engineNames))
  .option('--repetitions <number>', 'of each row after one to warm up', '7')
  .option('--json', 'print one JSON object instead of a table')
  .action(async ({ peer, rows, engines, repetitions, json }: Flags) => {
    if (peer?.includes('/') && !existsSync(peer))
      throw new Error(`--peer: there is no ${peer}; name a Python that has PyTorch.`);
    const count = Number(repetitions);
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`--repetitions is '${repetitions}'; allowed are 1, 2, ...`);
    const pattern = rows === undefined ? undefined : new RegExp(rows, 'i');
    const result = await benchmark({ peer, rows: pattern, engines, repetitions: count });
    const text = json ? JSON.stringify(result) : `${benchmarkTable(result).toMarkdown()}\n${summary(result)}`;
    process.stdout.write(`${text}\n`);
  });

runCommand(program);
