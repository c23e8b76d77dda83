/** The same runs without a notebook: `npm run haba -- VERB`. Modules are loaded by the verb that needs them, so that help is quick. */
import { Command } from 'commander';
import { addBaseline } from './commands/baseline';
import { addBudget } from './commands/budget';
import { addBundle } from './commands/bundle';
import { addCompare } from './commands/compare';
import { addData } from './commands/data';
import { addDistill } from './commands/distill';
import { addDoctor } from './commands/doctor';
import { addEvaluate } from './commands/evaluate';
import { addExperts } from './commands/experts';
import { addExport } from './commands/export';
import { addGrid } from './commands/grid';
import { addImport } from './commands/import';
import { addParity } from './commands/parity';
import { addRuns } from './commands/runs';
import { addScaling } from './commands/scaling';
import { addStore } from './commands/store';
import { addSweep } from './commands/sweep';
import { addTask } from './commands/task';
import { addVerify } from './commands/verify';
import type { WorkerFlags } from './commands/executor-flags';
import { runCommand } from './commands/run-command';

const program = new Command('haba')
  .description('Dataset distillation via factorization (HaBa)')
  .showHelpAfterError('(--help lists what there is)')
  .showSuggestionAfterError();

// In the order in which help lists them.
for (const add of [
  addDistill,
  addBaseline,
  addStore,
  addExperts,
  addTask,
  addExport,
  addImport,
  addBudget,
  addParity,
  addScaling,
  addCompare,
  addSweep,
  addGrid,
  addEvaluate,
  addData,
  addDoctor,
  addBundle,
  addVerify,
  addRuns,
])
  add(program);

program.hook('preAction', async (_program, command) => {
  const { threads, workers, slurm } = command.opts<WorkerFlags>();
  // Of workers, or tasks of a cluster, where there are some: this process hands out work.
  if (threads === undefined || workers !== undefined || slurm) return;
  const { useThreads } = await import('./tensor/backend');
  useThreads(threads);
});

runCommand(program);
