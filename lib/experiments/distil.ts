/** The iterations of a run: from its last checkpoint to its last iteration. */
import { existsSync } from 'node:fs';
import { writing } from '../files/file-error';
import { readCheckpoint, writeCheckpoint } from '../distillation/checkpoint';
import { createDistillation, type DistillationState } from '../distillation/distillation';
import { estimateRun } from '../distillation/estimate';
import { formatSeconds } from '../distillation/progress';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { openJsonLines } from '../files/json-lines';
import type { RunOptions, Session } from './session';

/** Thrown when a loss is no longer a number. */
export class RunDiverged extends Error {
  override name = 'RunDiverged';
}

/** All iterations that are left, with checkpoints. */
export async function distil(session: Session, { experts }: RunOptions) {
  const { configuration, data, files, lock, progress, signal } = session;
  const { iterations, checkpointEvery } = configuration;
  const distillation = createDistillation(configuration, data, { experts });
  const fresh = distillation.start();
  const restored = existsSync(files.checkpoint) ? readCheckpoint(files.checkpoint, fresh) : undefined;
  if (restored) release(fresh);
  let state: DistillationState = restored?.state ?? fresh;
  const metrics = openJsonLines(files.metrics, restored?.metricsBytes ?? 0);
  const save = () => {
    if (!allFinite(state.parameters)) {
      throw diverged(`Iteration ${state.iteration} left parameters that are no numbers`, session);
    }
    metrics.flush();
    writing(files.checkpoint, () => writeCheckpoint(files.checkpoint, { state, metricsBytes: metrics.bytes }));
  };
  const estimate = state.iteration < iterations ? estimateRun(configuration, data, state.iteration) : undefined;
  if (estimate) {
    const gigabytes = (estimate.bytes / 1e9).toFixed(1);
    progress.note(
      `about ${formatSeconds(estimate.seconds)} and ${gigabytes} GB of memory, by the speed of this machine`,
    );
  }
  progress.stage({ name: 'distilling', total: iterations, done: state.iteration });
  try {
    while (state.iteration < iterations && !signal.aborted) {
      const next = await distillation.iterate(state);
      state = next.state;
      const { iteration, loss } = next.metrics;
      if (!Number.isFinite(loss)) throw diverged(`The loss of iteration ${iteration} is ${loss}`, session);
      metrics.append(next.metrics);
      progress.update(iteration, { loss });
      lock.touch();
      if (iteration % checkpointEvery === 0 || iteration === iterations) save();
      await new Promise(setImmediate);
    }
    if (signal.aborted) {
      save();
      signal.throwIfAborted();
    }
    return { state, distillation };
  } catch (error) {
    release(state);
    distillation.dispose();
    throw error;
  } finally {
    metrics.close();
  }
}

/** A step may fail to show in the loss until the next one: what it left must be numbers before it is kept. */
function allFinite(parameters: Parameters): boolean {
  return Object.values(parameters).every((tensor) => tf.tidy(() => tensor.isFinite().all().dataSync()[0] === 1));
}

function diverged(what: string, { configuration, files }: Session): RunDiverged {
  const rates = Object.entries(configuration.optimisers).map(
    ([part, { learningRate }]) => `optimisers.${part}.learningRate ${learningRate}`,
  );
  const kept = existsSync(files.checkpoint)
    ? `The checkpoint before it is kept in ${files.checkpoint}.`
    : 'No checkpoint had been taken.';
  return new RunDiverged(`${what}: it diverged with ${rates.join(', ')}. ${kept} Try smaller rates.`);
}

/** Frees a state's tensors. */
export function release({ parameters, velocity, adversary, adversaryVelocity }: DistillationState): void {
  disposeAll(parameters, velocity, adversary, adversaryVelocity);
}
