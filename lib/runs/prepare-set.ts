/** What a set's start takes before the first iteration: from where it was stopped to its last step. */
import { existsSync } from 'node:fs';
import { readPreparation, writePreparation } from '../distillation/checkpoint';
import type { Distillation } from '../distillation/distillation';
import { writing } from '../files/file-error';
import { disposeAll, type Parameters } from '../tensor/parameters';
import { advice, setFiles } from './run-files';
import type { Session } from './session';

/** Of all steps, between two times that the state is written down. */
const share = 1 / 20;

/**
 * Does the steps that are left, with progress and checkpoints.
 * @returns tensors that take the place of those that the set begins with, the caller's to free; undefined where nothing is to be done
 * @throws what the session's signal holds, after an interrupt
 */
export async function prepareSet(distillation: Distillation, session: Session): Promise<Parameters | undefined> {
  const { progress, signal, folder, hash } = session;
  const work = distillation.prepare();
  if (work === undefined) return undefined;
  const { name, steps } = work;
  const file = setFiles(folder).preparation;
  let state = work.start();
  try {
    let done = 0;
    if (existsSync(file)) {
      const kept = readPreparation(file, state, { identity: hash, advice: advice(folder) });
      disposeAll(state);
      ({ state, done } = kept);
    }
    const save = () => {
      writing(file, () => writePreparation(file, { state, done, run: hash }));
      session.recordTime();
    };
    const every = Math.ceil(share * steps);
    progress.stage({ name, total: steps, done });
    while (done < steps && !signal.aborted) {
      state = work.step(state, done);
      done += 1;
      progress.update(done);
      if (done % every === 0) save();
      await new Promise(setImmediate);
    }
    if (signal.aborted) {
      save();
      signal.throwIfAborted();
    }
    return work.finish(state);
  } finally {
    disposeAll(state);
    work.dispose();
  }
}
