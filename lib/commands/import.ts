/** `haba import`: a set made elsewhere. */
import type { Command } from 'commander';
import type { ConfigurationInput } from '../distillation/configuration';
import type { ImportOptions } from '../runs/importing/import-set';
import { configurationOf, withConfiguration, type ConfigurationFlags } from './configuration-flags';
import { numbers, wholeNumber, withPlaces, type PlaceFlags } from './flags';
import { printResult } from './print';

interface ImportFlags extends Omit<ImportOptions, 'files'>, Omit<ConfigurationFlags, 'ipc' | 'labels'> {}

export function addImport(program: Command): void {
  withPlaces(
    withConfiguration(
      program
        .command('import')
        .description('take a distilled set made elsewhere (PyTorch, NumPy, safetensors), and train students on it'),
    ),
  )
    .argument(
      '<files...>',
      'of images, labels, step size: .pt, .pth, .npz, .npy, .safetensors; nothing in them is executed',
    )
    .option('--values <kind>', 'what the numbers are: normalised, zca (whitened), unit (0 to 1) or pixels (0 to 255)')
    .option('--labels <name>', "array of labels; or 'in-order', where there are none and images come class by class")
    .option('--soft-labels <kind>', 'what labels [images, classes] are: probabilities, logits or hard')
    .option(
      '--step-size <rate>',
      'learning rate that was learned with the images (MTT), by default that in the files',
      Number,
    )
    .option('--images <name>', 'array of images, where there are several, e.g. data.0.0')
    .option('--layout <order>', 'NCHW or NHWC, by default as the shape tells')
    .option('--ipc <number>', 'images per class, to be checked', wholeNumber)
    .option('--factor <number>', 'crops per side of each image (IDC), by default 1', wholeNumber)
    .option('--mean <numbers...>', 'what they were normalised with, by default what the dataset is', numbers)
    .option('--deviation <numbers...>', 'as --mean', numbers)
    .option('--name <word>', "a word for its run's name, e.g. mtt")
    .option('--trust', 'take what is said for true where the images look otherwise')
    .action(
      async (files: string[], { data, runs, profile, dataset, seed, set, ...options }: ImportFlags & PlaceFlags) => {
        const { importSet } = await import('../runs/importing/import-set');
        const settings: Omit<ConfigurationInput, 'labels'> = await configurationOf({ profile, dataset, seed, set });
        printResult(await importSet({ ...settings, files, ...options }, { data, runs }));
      },
    );
}
