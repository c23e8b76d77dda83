/** Cells of grids that take a moment, whoever executes them, and who listens to what is told of them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import type { GridCell, GridRun } from '../../lib/experiments/grid';
import type { RunTask } from '../../lib/experiments/task';
import type { ProgressReporter } from '../../lib/terminal/progress';

export const tiny = {
  profile: 'smoke',
  dataset: 'shapes',
  iterations: 2,
  network: { width: 4, depth: 1 },
  evaluation: { students: 1, updates: 2 },
} as const;

export const images = { kind: 'images', ipc: 1 } as const;

export const cell = (label: string, task: RunTask): GridCell<{ label: string }> => ({
  label,
  factors: { label },
  task,
});

export const distillation = (label: string, input: ConfigurationInput = {}) =>
  cell(label, { kind: 'run', input: { ...tiny, set: images, ...input } });

export const bytesOf = ({ result }: GridRun<unknown>) => readFileSync(path.join(result.run, 'distilled.safetensors'));

export interface Heard {
  progress: ProgressReporter;
  news: string[];
}

type Hear = (name: string, done: number) => void;

/** @param onUpdate called with what runs, and the step that it has come to; `onStage` with what begins, and where */
export function listen(onUpdate: Hear = () => undefined, onStage: Hear = () => undefined): Heard {
  const news: string[] = [];
  let name = '';
  return {
    news,
    progress: {
      stage(stage) {
        name = stage.name;
        onStage(name, stage.done ?? 0);
      },
      update: (done) => onUpdate(name, done),
      note: (message) => void news.push(message),
      end: () => undefined,
    },
  };
}
