/** `haba store`: a finished set in fewer bits. */
import { Option, type Command } from 'commander';
import type { StoreInput } from '../runs/stored-as';
import { wholeNumber, withPlaces, type PlaceFlags } from './flags';
import { printResult } from './print';

export function addStore(program: Command): void {
  withPlaces(
    program
      .command('store')
      .description(
        'a distilled set in another precision, beside its run; reports its bits and trains its students again',
      ),
  )
    .argument('<file>', 'distilled.safetensors of a run, or any such file')
    .addOption(
      new Option('--precision <name>', 'int2 is two bits a value, PTQ-DC')
        .choices(['float32', 'float16', 'int8', 'int2'])
        .makeOptionMandatory(),
    )
    .option('--groups <number>', 'with int2: groups of patches at most, by default 64', wholeNumber)
    .option('--refinement <steps>', 'with int2: steps that keep features, by default 500', wholeNumber)
    .option('--students <number>', 'how many, by default as recorded in the file', wholeNumber)
    .action(
      async (file: string, { data, runs, students, ...input }: PlaceFlags & StoreInput & { students?: number }) => {
        const { storeFile } = await import('../runs/store');
        const given = { ...(data ? { data } : {}), ...(runs ? { runs } : {}) };
        printResult(await storeFile(file, input, given, { evaluation: { students } }));
      },
    );
}
