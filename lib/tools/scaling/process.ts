/** What one row takes, measured in a process of its own, so that its largest memory is its own: a line of JSON an event. */
import { writeFileSync } from 'node:fs';
import type { Configuration } from '../../distillation/configuration';
import { useBackend } from '../../tensor/backend';
import { withExecution } from '../../tensor/execution';
import { measureExpert } from './measure-expert';
import { measureRun, type MeasureOptions } from './measure-run';
import type { ExpertMeasurement, RunMeasurement } from './measurement';

/** What is asked. */
export interface MeasureRequest extends Omit<MeasureOptions, 'say'> {
  kind: 'run' | 'expert';
  configuration: Configuration;
}

/** What is said. */
export type MeasureEvent = { note: string } | { measured: RunMeasurement | ExpertMeasurement } | { failed: string };

const say = (event: MeasureEvent) => void process.stdout.write(`${JSON.stringify(event)}\n`);

async function main(): Promise<void> {
  endFirst();
  const { kind, configuration, ...options } = JSON.parse(process.argv[2]) as MeasureRequest;
  await useBackend();
  const measure = () =>
    kind === 'run'
      ? measureRun(configuration, { ...options, say: (note) => say({ note }) })
      : measureExpert(configuration, options);
  say({ measured: await (configuration.compile ? measure() : withExecution('eager', measure)) });
}

/** Where an estimate was too low, the system ends this process, rather than one whose work is worth more. */
function endFirst(): void {
  try {
    if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Where it cannot be asked, it goes by size.
  }
}

main().catch((error: unknown) => {
  say({ failed: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
