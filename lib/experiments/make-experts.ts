/** Experts as a grid: each a task of its own, all in one folder with one manifest. */
import { configure, type ConfigurationInput } from '../distillation/configuration';
import { leftToPrepare, makeExperts as makeExpertsHere, type MadeExperts } from '../runs/make-experts';
import { listenForInterrupt } from '../terminal/interrupt';
import { here } from './executor';
import { chooseExecutor, type GridOptions } from './grid';
import type { GridItem } from './grid-state';
import { expertTasks } from './plan';
import { ownToThisProcess } from './task';
import { executeWatched } from './watch';

/**
 * Trains the experts that a configuration of trajectory matching needs, as many at a time as the executor has workers; those already
 * there are kept. Their numbers do not depend on who trains them.
 * @throws RunStopped after an interrupt; whole epochs are kept, and the same again goes on
 * @throws GridFailed when all others are done, naming the experts that failed, and why
 */
export async function makeExperts(input: ConfigurationInput, options: GridOptions = {}): Promise<MadeExperts> {
  const { executor: choice, progress, signal, ...places } = options;
  const executor = chooseExecutor(choice);
  const made = configure(input);
  if (executor !== here && ownToThisProcess({ kind: 'experts', input }) === undefined) {
    const interrupt = listenForInterrupt(signal);
    try {
      const tasks = await expertTasks(input, { made, left: await leftToPrepare(made, places) }, places);
      const items = tasks.map(
        ({ label, estimate }): GridItem => ({
          ...{ label, counted: 'experts', seconds: estimate?.seconds },
        }),
      );
      const part = { executor, tasks, items: [...tasks.keys()] };
      if (tasks.length > 0) await executeWatched(items, [part], { progress, signal: interrupt.signal });
    } finally {
      interrupt.release();
    }
  }
  return makeExpertsHere(input, options);
}
