/** `haba budget`: how large sets may be. */
import { Option, type Command } from 'commander';
import type { UnsizedSet } from '../factorization/budget';
import { labelKinds, type LabelKind } from '../factorization/label-kinds';
import { wholeNumber, wholeNumbers } from './flags';

interface BudgetFlags {
  dataset: string;
  ipc?: number;
  floats?: number;
  hallucinators?: number[];
  kernel: number;
  factor: number;
  labels: LabelKind;
}

export function addBudget(program: Command): void {
  program
    .command('budget')
    .description('which sets fit a number of floats: bases, channels and hallucinators, counted in both ways')
    .option('--dataset <name>', 'whose images and classes; or a folder of your own images', 'cifar10')
    .option('--ipc <number>', 'the budget in images per class', Number)
    .option('--floats <number>', 'the budget in floats', wholeNumber)
    .option('--hallucinators <numbers...>', 'how many, e.g. 2 5', wholeNumbers)
    .option('--kernel <size>', 'side of hallucinator kernels', wholeNumber, 3)
    .option('--factor <number>', 'crops per side of a stored image (multi-formation)', wholeNumber, 1)
    .addOption(
      new Option('--labels <kind>', 'of items: soft ones, by experts or learned, take floats, too')
        .choices(labelKinds)
        .default('hard'),
    )
    .action(async (flags: BudgetFlags) => {
      const { datasetFrom, datasetNameOf, knownShape, namesOfKnownShape } = await import('../data/dataset-names');
      const { budget, solvedKinds } = await import('../factorization/budget');
      const { parameterisationKinds } = await import('../factorization/parameterisations');
      const { budgetTable } = await import('../report/budget-table');
      const shape = knownShape(datasetNameOf(datasetFrom(flags.dataset)));
      if (shape === undefined) {
        throw new RangeError(
          `There is no dataset '${flags.dataset}' whose shape is known; allowed are ${namesOfKnownShape().join(', ')}, or a folder of your own images, as ./my-images.`,
        );
      }
      const { ipc: imagesPerClass, floats, hallucinators, kernel: kernelSize, factor, labels } = flags;
      const asked = { imagesPerClass, floats, hallucinators, kernelSize, factor, labels };
      const others = parameterisationKinds().filter((kind) => !solvedKinds.includes(kind));
      const sets = budget({ ...shape, ...asked, sets: others.map((kind) => ({ kind }) as UnsizedSet) });
      process.stdout.write(`${budgetTable('budget', sets).table.toMarkdown()}\n${JSON.stringify(sets)}\n`);
    });
}
