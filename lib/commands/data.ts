/** `haba data`: datasets at hand. */
import type { Command } from 'commander';

export function addData(program: Command): void {
  program
    .command('data')
    .description('download a dataset from its official address, or list what is there')
    .argument('[name]', 'e.g. cifar10; a folder of your own images is described, as with --list')
    .option('--list', 'say which datasets are there; with a name: its images, classes and statistics')
    .option('--from <file...>', 'archives or files at hand, where there is no internet')
    .option('--data <folder>', 'where datasets lie, by default HABA_DATA, else data/')
    .action(
      async (name: string | undefined, { list, from, data }: { list?: boolean; from?: string[]; data?: string }) => {
        const isFolder = name !== undefined && /[/\\]/.test(name);
        if (name !== undefined && (list || isFolder)) {
          const { loadDataset } = await import('../data/load-dataset');
          const { datasetFrom } = await import('../data/dataset-names');
          const { describeDataset } = await import('../data/dataset');
          const own = isFolder ? datasetFrom(name) : undefined;
          const described = await (typeof own === 'object' ? own.read() : loadDataset(name, { folder: data }));
          process.stdout.write(`${describeDataset(described).join('\n')}\n`);
          return;
        }
        if (name === undefined) {
          const { listDatasets } = await import('../data/obtain-dataset');
          const entries = listDatasets(data);
          for (const { name: known, state, about, folder } of entries) {
            process.stdout.write(
              `${known.padEnd(13)}  ${state.padEnd(10)}  ${about}${folder ? `, in ${folder}` : ''}\n`,
            );
          }
          return;
        }
        const { obtainWithProgress } = await import('../runs/data-at-hand');
        process.stdout.write(`${await obtainWithProgress(name, data, { from })}\n`);
      },
    );
}
