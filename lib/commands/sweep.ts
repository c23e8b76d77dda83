/** `haba sweep`: every combination of values. */
import type { Command } from 'commander';
import { executorOf, reportOf, storedOption, withSlurm, workersOption, type WorkerFlags } from './executor-flags';
import type { PlaceFlags } from './flags';
import { printJson } from './print';
import { sweptCells, withSweep, type SweepFlags } from './sweep-flags';

export function addSweep(program: Command): void {
  withSlurm(
    withSweep(
      program
        .command('sweep')
        .description('distillations with every combination of the values that keys are given, as a table over seeds'),
    ),
  )
    .addOption(workersOption())
    .addOption(storedOption())
    .action(async (flags: PlaceFlags & WorkerFlags & SweepFlags) => {
      const { data, runs, experts, name } = flags;
      const { sweepTable } = await import('../questions/sweep/table');
      const { tableText } = await import('../report/table-text');
      const { exportTables } = await import('../report/export');
      const { runGrid } = await import('../experiments/grid');
      const cells = await sweptCells(flags);
      const executor = await executorOf({ ...flags, report: reportOf('sweep', flags) });
      const found = sweepTable(name ?? 'sweep', await runGrid(cells, { data, runs, experts, executor }));
      const files = name === undefined ? {} : { files: exportTables([found]) };
      process.stdout.write(`${tableText(found, 'markdown')}\n`);
      printJson({ rows: found.table.objects(), runs: found.runs, ...files });
    });
}
