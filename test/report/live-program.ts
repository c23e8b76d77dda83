/** A run with live curves, as a program of its own: `live-program.ts RUNS ITERATIONS`. Prints address, accuracy, and figure, a line each. */
import { live, run } from '../../lib';

async function main([runs, iterations]: string[]): Promise<void> {
  const curves = live({ label: 'HaBa', serve: true, open: false });
  const { progress } = curves;
  const stage: typeof progress.stage = (given) => {
    progress.stage(given);
    if (given.name === 'distilling') void curves.address().then((address) => process.stdout.write(`${address}\n`));
  };
  const configuration = { profile: 'smoke', dataset: 'shapes', iterations: Number(iterations) } as const;
  const result = await run(configuration, { runs, progress: { ...progress, stage } });
  const { svg } = await curves.figure(result, { caption: 'shapes' });
  process.stdout.write(`${result.accuracy.mean}\n${svg.replaceAll('\n', ' ')}\n`);
}

void main(process.argv.slice(2));
