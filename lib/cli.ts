/** The same runs without a notebook: `npm run haba -- VERB`. Modules are loaded by the verb that needs them, so that help is quick. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { runCommand } from './command';
import { profileNames, type ProfileName } from './settings/profile-names';
import type { ConfigurationInput } from './distillation/configuration';
import type { ExecutorChoice } from './experiments/grid';
import type { UnsizedSet } from './factorization/budget';
import { labelKinds, type LabelKind } from './factorization/label-kinds';
import { plainValue, setAtPath } from './distillation/setting-text';
import type { EvaluateFileOptions } from './runs/evaluate-file';
import type { ImportOptions } from './runs/importing/import-set';
import type { QuestionSettings } from './questions/cells';
import type { MethodsOptions } from './questions/methods/grid';
import type { RunFilter } from './runs/run-rows';
import type { StudentsSummary } from './runs/run-store';
import type { BaselineInput } from './runs/run';
import type { StoreInput } from './runs/stored-as';
import type { RunResult } from './runs/train-students';

const program = new Command('haba')
  .description('Dataset distillation via factorization (HaBa)')
  .showHelpAfterError('(--help lists what there is)')
  .showSuggestionAfterError();

/** A whole number; whether it makes sense is for the configuration to say. */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value))
    throw new InvalidArgumentError(`'${text}' is not a whole number.`);
  return value;
}

function numbers(text: string, before: number[] = []): number[] {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError(`'${text}' is not a number.`);
  return [...before, value];
}

type Setting = [path: string[], value: unknown];

const kindAlone = ['set', 'kind'];

/** `key=value` for any configuration key; a kind of set alone, as `images`, chooses it. */
function setting(text: string, before: Setting[] = []): Setting[] {
  const equals = text.indexOf('=');
  // Which kinds there are is known when the verb's modules are loaded.
  if (equals < 1) return [...before, [kindAlone, text]];
  return [...before, [text.slice(0, equals).split('.'), plainValue(text.slice(equals + 1))]];
}

interface ConfigurationFlags {
  profile?: string;
  dataset?: string;
  imageSize?: number;
  method?: string;
  ipc?: number;
  bases?: number;
  labels?: string;
  seed?: number;
  iterations?: number;
  snapshots?: number[];
  set?: Setting[];
}

interface BaselineFlags extends ConfigurationFlags {
  keep?: string;
}

interface BudgetFlags {
  dataset: string;
  ipc?: number;
  floats?: number;
  hallucinators?: number[];
  kernel: number;
  factor: number;
  labels: LabelKind;
}

interface CompareFlags extends Omit<MethodsOptions, 'basesPerClass'> {
  profile: QuestionSettings['profile'];
  dataset?: QuestionSettings['dataset'];
  bases?: number;
}

interface ScalingFlags {
  rows?: string;
  profile: ProfileName;
  longest?: number;
  again?: boolean;
}

interface SweepFlags extends QuestionSettings {
  set?: string[];
  seed?: string;
  name?: string;
}

interface WorkerFlags {
  workers?: number;
  threads?: number;
  slurm?: boolean;
  sbatch?: string[];
  runsPerTask?: number;
  stored?: boolean;
}

interface ImportFlags extends Omit<ImportOptions, 'files'>, Omit<ConfigurationFlags, 'ipc' | 'labels'> {}

interface PlaceFlags {
  data?: string;
  runs?: string;
  experts?: string;
  makeExperts?: boolean;
}

/** A name, or one's own images. */
async function datasetOf({ dataset, imageSize }: ConfigurationFlags) {
  if (dataset === undefined && imageSize === undefined) return undefined;
  const { datasetFrom } = await import('./data/dataset-names');
  return datasetFrom(dataset ?? 'cifar10', imageSize);
}

/** The configuration that the options of a command line spell. */
async function configurationOf(flags: ConfigurationFlags): Promise<ConfigurationInput> {
  const { parameterisationKinds } = await import('./factorization/parameterisations');
  const kinds = parameterisationKinds();
  for (const [path, word] of flags.set ?? []) {
    if (path !== kindAlone || kinds.includes(word as string)) continue;
    throw new RangeError(`'${String(word)}' is neither ${kinds.join(', ')}, nor key=value, as in iterations=50.`);
  }
  const settings: Setting[] = [
    [['profile'], flags.profile],
    [['dataset'], await datasetOf(flags)],
    [['matching', 'method'], flags.method],
    [['set', 'kind'], flags.ipc === undefined ? undefined : 'images'],
    [['set', 'ipc'], flags.ipc],
    [['set', 'basesPerClass'], flags.bases],
    [['labels', 'kind'], flags.labels],
    [['seed'], flags.seed],
    [['iterations'], flags.iterations],
    [['snapshots'], flags.snapshots],
    ...(flags.set ?? []),
  ];
  const input: Record<string, unknown> = {};
  for (const [path, value] of settings) if (value !== undefined) setAtPath(input, path, value);
  return input as ConfigurationInput;
}

/** Of whatever computes in this process; read before TensorFlow is. */
function threadsOption(): Option {
  return new Option('--threads <number>', 'that one operation computes with, by default one a core').argParser(
    wholeNumber,
  );
}

/** Processes that runs are divided among; the threads are then those of each. */
function workersOption(): Option {
  return new Option(
    '--workers <number>',
    'processes that runs are divided among, by default HABA_WORKERS, else none beside this one; threads are divided, too',
  ).argParser(wholeNumber);
}

/** A cluster that runs are given to; threads are then the cores of a task. */
function withSlurm(command: Command): Command {
  return command
    .option('--slurm', 'submit runs to Slurm, and watch them; Ctrl-C leaves them to it')
    .addOption(sbatchOption())
    .addOption(runsPerTaskOption());
}

function sbatchOption(): Option {
  return new Option(
    '--sbatch <option>',
    'any option of sbatch, e.g. --sbatch=--partition=gpu (repeatable); others are in the template that HABA_SLURM names',
  ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
}

function runsPerTaskOption(): Option {
  return new Option(
    '--runs-per-task <number>',
    'that Slurm starts, one after the other in one process; for runs of some seconds; by default 1',
  ).argParser(wholeNumber);
}

/** Who executes a grid: a cluster or workers where they were asked for, else as by default. */
async function executorOf({
  workers,
  threads,
  slurm: isSlurm,
  sbatch,
  runsPerTask,
  stored,
  report,
}: WorkerFlags & { report?: string[][] }): Promise<ExecutorChoice | undefined> {
  for (const [flag, value] of Object.entries({ '--sbatch': sbatch, '--runs-per-task': runsPerTask })) {
    if (!isSlurm && value !== undefined)
      throw new RangeError(`'${flag}' says how Slurm runs what it is given: add --slurm.`);
  }
  if (stored && (isSlurm || workers !== undefined))
    throw new RangeError("'--stored' makes nothing: leave --slurm and --workers out.");
  if (stored) return (await import('./experiments/executor')).storedOnly;
  if (!isSlurm) return workers === undefined ? undefined : { workers, threads };
  if (workers !== undefined)
    throw new RangeError("'--workers' are on this machine, '--slurm' is elsewhere: leave one out.");
  const { slurm } = await import('./experiments/slurm/slurm');
  return slurm({ cpus: threads, sbatch, runsPerTask, report });
}

function storedOption(): Option {
  return new Option('--stored', 'make nothing: the table of what is stored, or what of it is missing');
}

/** Flags that say who makes runs, and not which. */
const executing = ['workers', 'threads', 'slurm', 'sbatch', 'runsPerTask', 'stored'];

/** A command again, with the same settings, where its runs are stored. */
function commandOfStored(verb: string, flags: PlaceFlags & WorkerFlags): string[] {
  const settings = Object.entries(flags).filter(([name]) => !executing.includes(name));
  const words = settings.flatMap(([name, value]) => [value].flat().map((one) => `--${name}=${String(one)}`));
  return [verb, ...words, '--stored'];
}

/** What the cluster writes when nobody watches any more: what the command itself would in the end, and the page of all runs. */
function reportOf(verb: string, flags: PlaceFlags & WorkerFlags): string[][] {
  const { runs } = flags;
  return [commandOfStored(verb, flags), ['runs', 'page', ...(runs === undefined ? [] : [`--runs=${runs}`])]];
}

/** Lines that say something. */
async function* linesOf(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) if (line.trim() !== '') yield line;
}

function withConfiguration(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--profile <name>',
        'defaults: smoke (seconds), quick (minutes, CPU), study (up to an hour, CPU), paper (authors, GPU)',
      ).default('quick'),
    )
    .option('--dataset <name>', 'dataset, or a folder of your own images, as ./my-images; by default cifar10')
    .option('--image-size <pixels>', 'side that your own images are resized to, by default 32', wholeNumber)
    .option('--seed <number>', 'every random draw follows from it', wholeNumber)
    .option(
      '--set <choice>',
      'kind of set: images, haba, fred, linba, ddif or haba-linba; or key=value for any configuration key (repeatable)',
      setting,
    )
    .addOption(threadsOption());
}

function withPlaces(command: Command): Command {
  return command
    .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
    .option('--runs <folder>', 'where runs are stored, by default results/runs');
}

/** The last line of stdout: what a script reads. */
function printResult({ run, students, accuracy, storedFloats, ledger, seconds }: RunResult): void {
  process.stdout.write(`${JSON.stringify({ run, students, accuracy, storedFloats, ledger, seconds })}\n`);
}

withPlaces(
  withConfiguration(program.command('distill').description('distil a dataset, and train students on what comes of it')),
)
  .option('--method <name>', 'task loss, e.g. dm, dc, dsa or mtt')
  .option('--ipc <number>', 'images per class (of --set images, where no other is given)', wholeNumber)
  .option('--bases <number>', 'bases per class (with --set haba or haba-linba)', wholeNumber)
  .option('--labels <kind>', 'of items: hard (the default), experts (their mean prediction), or learned (dc, dsa, mtt)')
  .option('--iterations <number>', 'outer iterations', wholeNumber)
  .option('--snapshots <iterations...>', 'whose sets are kept beside the last one, e.g. 30 100 300', numbers)
  .option('--experts <folder>', 'experts for mtt and for labels, by default results/experts')
  .option('--make-experts', 'make experts that are missing, with those settings, before the first iteration')
  .action(async ({ data, runs, experts, makeExperts, ...flags }: ConfigurationFlags & PlaceFlags) => {
    const { run } = await import('./runs/run');
    printResult(await run(await configurationOf(flags), { data, runs, experts, makeExperts }));
  });

withPlaces(withConfiguration(program.command('baseline').description('train students on real images to compare with')))
  .argument('<kind>', 'random, herding, k-centre, k-medoids, el2n, or full')
  .option('--ipc <number>', 'images per class', wholeNumber)
  .option('--keep <end>', 'of el2n: easiest (the default) or hardest')
  .option('--labels <kind>', 'of images: hard (the default), or experts (their mean prediction)')
  .option('--experts <folder>', 'experts for labels, by default results/experts')
  .option('--make-experts', 'make experts that are missing first')
  .action(async (kind: string, given: BaselineFlags & PlaceFlags) => {
    const { data, runs, experts, makeExperts, ipc, keep, ...flags } = given;
    const { runBaseline } = await import('./runs/run');
    // What is no baseline, or no end, is refused there.
    const chosen = { baseline: kind, keep, ipc } as Pick<BaselineInput, 'baseline' | 'keep' | 'ipc'>;
    const options = { data, runs, experts, makeExperts };
    printResult(await runBaseline({ ...(await configurationOf(flags)), ...chosen }, options));
  });

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
  .action(async (file: string, { data, runs, students, ...input }: PlaceFlags & StoreInput & { students?: number }) => {
    const { storeFile } = await import('./runs/store');
    const given = { ...(data ? { data } : {}), ...(runs ? { runs } : {}) };
    printResult(await storeFile(file, input, given, { evaluation: { students } }));
  });

withSlurm(withConfiguration(program.command('experts').description('train the experts of trajectory matching')))
  .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
  .option('--experts <folder>', 'where experts are stored, by default results/experts')
  .addOption(workersOption())
  .action(async (given: ConfigurationFlags & PlaceFlags & WorkerFlags) => {
    const { data, experts, workers, threads, slurm, sbatch, runsPerTask, ...flags } = given;
    const { makeExperts } = await import('./experiments/make-experts');
    const executor = await executorOf({ workers, threads, slurm, sbatch, runsPerTask });
    const made = await makeExperts(await configurationOf({ ...flags, method: 'mtt' }), { data, experts, executor });
    process.stdout.write(`${JSON.stringify(made)}\n`);
  });

program
  .command('task')
  .description(
    'do one task of a grid, as plain JSON, and say how far it is, a line of JSON each (lib/experiments/task.ts)',
  )
  .argument('[file]', 'holds the task; left out, tasks are read from stdin, one a line')
  .addOption(threadsOption())
  .action(async (file: string | undefined) => {
    const { serveTasks, taskStatus } = await import('./experiments/task-process');
    const { readText } = await import('./files/open-file');
    const { createInterface } = await import('node:readline');
    const gone = new AbortController();
    // Whoever listened is no more: what is done is kept, instead of the end at once of other verbs.
    process.stdout.removeAllListeners('error').on('error', () => gone.abort());
    const end = await serveTasks(
      file === undefined ? linesOf(createInterface({ input: process.stdin })) : [readText(file)],
      {
        from: file ?? 'What stdin says',
        say: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
        signal: gone.signal,
      },
    );
    process.exitCode = taskStatus[end];
    process.stdin.destroy();
  });

program
  .command('export')
  .description('a distilled set as pictures, and in the layout of PyTorch')
  .argument('<file>', 'distilled.safetensors of a run')
  .option('--to <folder>', 'where to write, by default beside the file')
  .action(async (file: string, { to }: { to?: string }) => {
    const { exportSet } = await import('./report/export-set');
    process.stdout.write(`${JSON.stringify({ files: await exportSet(file, { to }) })}\n`);
  });

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
      const { importSet } = await import('./runs/importing/import-set');
      const settings: Omit<ConfigurationInput, 'labels'> = await configurationOf({ profile, dataset, seed, set });
      printResult(await importSet({ ...settings, files, ...options }, { data, runs }));
    },
  );

program
  .command('budget')
  .description('which sets fit a number of floats: bases, channels and hallucinators, counted in both ways')
  .option('--dataset <name>', 'whose images and classes; or a folder of your own images', 'cifar10')
  .option('--ipc <number>', 'the budget in images per class', Number)
  .option('--floats <number>', 'the budget in floats', wholeNumber)
  .option('--hallucinators <numbers...>', 'how many, e.g. 2 5', (text: string, before: number[] | undefined) => [
    ...(before ?? []),
    wholeNumber(text),
  ])
  .option('--kernel <size>', 'side of hallucinator kernels', wholeNumber, 3)
  .option('--factor <number>', 'crops per side of a stored image (multi-formation)', wholeNumber, 1)
  .addOption(
    new Option('--labels <kind>', 'of items: soft ones, by experts or learned, take floats, too')
      .choices(labelKinds)
      .default('hard'),
  )
  .action(async (flags: BudgetFlags) => {
    const { datasetFrom, datasetNameOf, knownShape, namesOfKnownShape } = await import('./data/dataset-names');
    const { budget, solvedKinds } = await import('./factorization/budget');
    const { parameterisationKinds } = await import('./factorization/parameterisations');
    const { budgetTable } = await import('./report/budget-table');
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

program
  .command('parity')
  .description("replay golden cases of the authors' code and compare number for number")
  .argument('<folder>', 'with *.safetensors, one case a file')
  .action(async (folder: string) => {
    const { parity } = await import('./tools/parity/parity');
    const counts = { passed: 0, failed: 0 };
    for await (const { name, passed, worst, reason } of parity(folder)) {
      counts[passed ? 'passed' : 'failed'] += 1;
      const error = worst ? `worst relative error ${worst.error.toExponential(1)} (${worst.tensor})` : '';
      const verdict = passed ? 'pass' : 'FAIL';
      process.stdout.write(
        `${verdict}  ${name.padEnd(28)}  ${[error, passed ? '' : reason].filter(Boolean).join('; ')}\n`,
      );
    }
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
    if (counts.failed > 0) process.exitCode = 1;
  });

program
  .command('scaling')
  .description(
    "hours of the paper's table on this machine: an iteration of each row really run, beside its estimate: results/tables/scaling.*",
  )
  .option('--rows <pattern>', 'only rows whose names match this regular expression; then no file is written')
  .addOption(profileOption('paper').choices(profileNames))
  .option(
    '--longest <seconds>',
    'an iteration may take; longer ones are not run, and reckoned by the estimate',
    wholeNumber,
  )
  .option('--again', 'measure anew what was measured before')
  .addOption(threadsOption())
  .action(async ({ rows: pattern, profile, longest, again }: ScalingFlags) => {
    const { scaling } = await import('./tools/scaling/scaling');
    const { chosenRows } = await import('./tools/scaling/rows');
    const { scalingTables } = await import('./tools/scaling/table');
    const { tableText } = await import('./report/table-text');
    const { exportTables } = await import('./report/export');
    const found = await scaling({ rows: chosenRows({ profile, pattern }), longestSeconds: longest, again });
    const tables = scalingTables(profile === 'paper' ? 'scaling' : `scaling-${profile}`, found);
    for (const one of tables) process.stdout.write(`${tableText(one, 'markdown')}\n`);
    if (pattern === undefined) process.stdout.write(`${JSON.stringify({ files: exportTables(tables) })}\n`);
  });

withSlurm(
  withPlaces(
    program
      .command('compare')
      .description('every matching loss on images and on HaBa beside random real images: results/tables/methods.*'),
  ),
)
  .addOption(profileOption('quick'))
  .option('--dataset <name>', 'dataset, by default cifar10')
  .option('--methods <names...>', "e.g. dm mtt; by default all of the library's")
  .option('--ipc <number>', 'images per class, by default 10', wholeNumber)
  .option('--bases <number>', 'bases per class that take no more floats, by default 9', wholeNumber)
  .option('--seeds <numbers...>', 'of distillation, by default 0 1 2', (text: string, before: number[] | undefined) => [
    ...(before ?? []),
    wholeNumber(text),
  ])
  .option('--experts <folder>', 'expert trajectories for mtt, by default results/experts')
  .addOption(workersOption())
  .addOption(storedOption())
  .addOption(threadsOption())
  .action(async (flags: PlaceFlags & WorkerFlags & CompareFlags) => {
    const {
      data,
      runs,
      experts,
      workers,
      threads,
      slurm,
      sbatch,
      runsPerTask,
      stored,
      bases,
      profile,
      dataset = 'cifar10',
      ...options
    } = flags;
    const { methodsGrid } = await import('./questions/methods/grid');
    const { methodsTable } = await import('./questions/methods/table');
    const { exportTables } = await import('./report/export');
    const { runGrid } = await import('./experiments/grid');
    const cells = methodsGrid({ profile, dataset }, { ...options, basesPerClass: bases });
    const report = reportOf('compare', flags);
    const executor = await executorOf({ workers, threads, slurm, sbatch, runsPerTask, stored, report });
    const methods = methodsTable('methods', await runGrid(cells, { data, runs, experts, executor }));
    process.stdout.write(`${methods.table.toMarkdown()}\n${JSON.stringify({ files: exportTables([methods]) })}\n`);
  });

/** @param usual where none is given */
function profileOption(usual: ProfileName): Option {
  return new Option('--profile <name>', 'smoke, quick, study or paper').default(usual);
}

/** What is swept. */
function withSweep(command: Command): Command {
  return withPlaces(command)
    .addOption(profileOption('quick'))
    .option('--dataset <name>', 'dataset, by default cifar10')
    .option(
      '--set <choice>',
      'key=value, or key=value,value to sweep, for any configuration key; or kinds of set, as images,haba (repeatable)',
      (text: string, before: string[] | undefined) => [...(before ?? []), text],
    )
    .option('--seed <numbers>', 'of distillation, e.g. 0..4 or 0,3; by default 0..2')
    .option('--experts <folder>', 'expert trajectories for mtt, by default results/experts')
    .option('--name <name>', 'writes results/tables/NAME.*, too')
    .addOption(threadsOption());
}

async function sweptCells({ profile, dataset = 'cifar10', set = [], seed }: SweepFlags) {
  const { readSeeds, readSweptValues } = await import('./questions/sweep/settings');
  const { sweep } = await import('./questions/sweep/grid');
  const seeds = seed === undefined ? undefined : readSeeds(seed);
  return sweep({ profile, dataset }, { values: readSweptValues(set), seeds });
}

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
    const { sweepTable } = await import('./questions/sweep/table');
    const { tableText } = await import('./report/table-text');
    const { exportTables } = await import('./report/export');
    const { runGrid } = await import('./experiments/grid');
    const cells = await sweptCells(flags);
    const executor = await executorOf({ ...flags, report: reportOf('sweep', flags) });
    const found = sweepTable(name ?? 'sweep', await runGrid(cells, { data, runs, experts, executor }));
    const files = name === undefined ? {} : { files: exportTables([found]) };
    process.stdout.write(`${tableText(found, 'markdown')}\n`);
    process.stdout.write(`${JSON.stringify({ rows: found.table.objects(), runs: found.runs, ...files })}\n`);
  });

const grid = program.command('grid').description('grids on a cluster with Slurm: submit, status, cancel, logs');

withSweep(
  grid
    .command('submit')
    .description(
      'submit a sweep, except what is stored or in the queue, with the report of it as the last stage, and leave it there',
    ),
)
  .addOption(sbatchOption())
  .addOption(runsPerTaskOption())
  .action(async (flags: PlaceFlags & WorkerFlags & SweepFlags) => {
    const { data, runs, experts, threads, sbatch, runsPerTask } = flags;
    const { tasksLeft } = await import('./experiments/grid');
    const { submitTasks } = await import('./experiments/slurm/submit');
    const { reportAfter } = await import('./experiments/write-report');
    const cells = await sweptCells(flags);
    const tasks = await tasksLeft(cells, { data, runs, experts });
    const report = reportAfter(tasks, reportOf('sweep', flags));
    const submitted = await submitTasks([...tasks, report], { cpus: threads, sbatch, runsPerTask });
    const now = submitted.grid?.tasks.length ?? 0;
    const jobs = [...new Set(submitted.tasks.map(({ job }) => job))];
    process.stdout.write(
      `${JSON.stringify({ grid: submitted.grid?.name, submitted: now, inQueue: submitted.tasks.length - now, jobs })}\n`,
    );
  });

grid
  .command('status', { isDefault: true })
  .description('each task of a grid, why it waits or failed; without a name: counts of all grids')
  .argument('[name]', 'of the grid')
  .action(async (name: string | undefined) => {
    const { gridCounts, gridStatus } = await import('./experiments/slurm/look-at-grid');
    if (name === undefined) {
      for (const { name: one, counts } of await gridCounts()) {
        const told = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
        process.stdout.write(`${one}  ${told.join(', ')}\n`);
      }
      return;
    }
    for (const { place, label, state, about } of await gridStatus(name))
      process.stdout.write(`${place.padEnd(7)}  ${state.padEnd(7)}  ${label}${about ? `: ${about}` : ''}\n`);
  });

grid
  .command('cancel')
  .description('end what waits and runs of a grid; what is done is kept')
  .argument('<name>', 'of the grid')
  .action(async (name: string) => {
    const { cancelGrid } = await import('./experiments/slurm/look-at-grid');
    process.stdout.write(`${await cancelGrid(name)} tasks are asked to end\n`);
  });

grid
  .command('logs')
  .description('what a task says of itself')
  .argument('<name>', 'of the grid')
  .argument('<task>', 'its place, e.g. 0-17, or its label')
  .action(async (name: string, task: string) => {
    const { gridLog } = await import('./experiments/slurm/look-at-grid');
    for (const line of gridLog(name, task)) process.stdout.write(`${line}\n`);
  });

grid
  .command('work', { hidden: true })
  .description('what a job of a grid runs')
  .argument('<file>', 'of tasks, one a line')
  .action(async (file: string) => {
    const { workOnNode } = await import('./experiments/slurm/on-node');
    const { taskStatus } = await import('./experiments/task-process');
    const say = (event: object) => void process.stdout.write(`${JSON.stringify(event)}\n`);
    process.exitCode = taskStatus[await workOnNode(file, say)];
  });

program
  .command('evaluate')
  .description('train students on a distilled set')
  .argument('<file>', 'distilled.safetensors of a run, or any such file')
  .option('--network <name>', 'what students are; by default the network of distillation')
  .option('--students <number>', 'how many', wholeNumber)
  .option('--epochs <number>', 'length of each, in passes over the set', wholeNumber)
  .option('--updates <number>', 'length of each, in steps', wholeNumber)
  .addOption(threadsOption())
  .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
  .action(async (file: string, flags: EvaluateFileOptions) => {
    const { evaluateFile } = await import('./runs/evaluate-file');
    process.stdout.write(`${JSON.stringify(await evaluateFile(file, flags))}\n`);
  });

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
        const { loadDataset } = await import('./data/load-dataset');
        const { datasetFrom } = await import('./data/dataset-names');
        const { describeDataset } = await import('./data/dataset');
        const own = isFolder ? datasetFrom(name) : undefined;
        const described = await (typeof own === 'object' ? own.read() : loadDataset(name, { folder: data }));
        process.stdout.write(`${describeDataset(described).join('\n')}\n`);
        return;
      }
      if (name === undefined) {
        const { listDatasets } = await import('./data/obtain-dataset');
        const entries = listDatasets(data);
        for (const { name: known, state, about, folder } of entries) {
          process.stdout.write(`${known.padEnd(13)}  ${state.padEnd(10)}  ${about}${folder ? `, in ${folder}` : ''}\n`);
        }
        return;
      }
      const { obtainWithProgress } = await import('./runs/data-at-hand');
      process.stdout.write(`${await obtainWithProgress(name, data, { from })}\n`);
    },
  );

program
  .command('doctor')
  .description('what is in use: Node, Python, TensorFlow, device, kernel, datasets')
  .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
  .action(async ({ data }: PlaceFlags) => {
    const { doctor } = await import('./machine/doctor');
    const findings = await doctor(data);
    const width = Math.max(...findings.map(({ name }) => name.length));
    for (const { name, value } of findings) process.stdout.write(`${name.padEnd(width)}  ${value}\n`);
  });

program
  .command('bundle')
  .description('finished runs in one archive, with checksums, figures and tables of theirs, to verify elsewhere')
  .argument('<names...>', 'runs, by folder name or hash')
  .requiredOption('--to <file>', 'archive to write, e.g. paper.tar.gz; one that is there is not overwritten')
  .option('--runs <folder>', 'where runs are stored, by default results/runs')
  .option('--results <folder>', 'where figures and tables are, by default HABA_RESULTS, else results')
  .action(async (names: string[], { to, runs, results }: { to: string; runs?: string; results?: string }) => {
    const { bundleRuns } = await import('./runs/bundle');
    const bundle = await bundleRuns(names, to, { runs, results });
    for (const name of bundle.lacking)
      process.stderr.write(`not in it, though its figures and tables name it: ${name}\n`);
    process.stdout.write(`${JSON.stringify(bundle)}\n`);
  });

program
  .command('verify')
  .description("check a bundle's files, train its students again, and compare with what was recorded")
  .argument('<file>', 'that bundle wrote')
  .option('--data <folder>', 'datasets, by default HABA_DATA, else data/')
  .option('--students <number>', 'of each recipe, the first ones; 0 checks files alone; by default all', wholeNumber)
  .action(async (file: string, { data, students }: { data?: string; students?: number }) => {
    const { verifyBundle } = await import('./runs/verify-bundle');
    const found = await verifyBundle(file, { data, students });
    for (const { run, students: recipe, expected, results } of found.verified) {
      process.stdout.write(`${run}, ${recipe}: ${expected}\n`);
      for (const { student, recorded, found: again, tolerance, agrees } of results) {
        const percent = (accuracy: number) => `${(100 * accuracy).toFixed(2)} %`;
        process.stdout.write(
          `  student ${student}: recorded ${percent(recorded)}, found ${percent(again)}, allowed to differ by ${percent(tolerance)}: ${agrees ? 'agrees' : 'DIFFERS'}\n`,
        );
      }
    }
    for (const { run, why } of found.problems) process.stdout.write(`${run} was not compared: ${why}\n`);
    process.stdout.write(`${JSON.stringify(found)}\n`);
    if (!found.agrees) process.exitCode = 1;
  });

const runs = program.command('runs').description('the stored runs: list, show, diff, stale, page, remove, prune');
const runsFolder = ['--runs <folder>', 'where runs are stored, by default results/runs'] as const;

interface ListFlags {
  runs?: string;
  where?: WhereFlag[];
  kind?: string[];
  state?: string[];
  seed?: number[];
  group?: boolean;
  columns?: string[];
  sort?: string;
  descending?: boolean;
  json?: boolean;
}

type WhereFlag = [key: string, values: string[]];

/** `key=value` or `key=value,value`. */
function whereSetting(text: string, before: WhereFlag[] = []): WhereFlag[] {
  const equals = text.indexOf('=');
  const [key, values] = [text.slice(0, equals), text.slice(equals + 1).split(',')];
  if (equals < 1 || values.includes(''))
    throw new InvalidArgumentError(`'${text}' is not key=value, or key=value,value, as in matching.method=mtt,dm.`);
  if (before.some(([other]) => other === key))
    throw new InvalidArgumentError(`'${key}' is given twice; give all its values in one, as ${key}=one,other.`);
  return [...before, [key, values]];
}

const commaWords = (text: string, before: string[] = []) => [...before, ...text.split(',')];
const commaNumbers = (text: string, before: number[] = []) => [...before, ...text.split(',').map(wholeNumber)];

/** What the options of `runs list` choose. */
function filterOf({ runs: folder, where = [], kind, state, seed }: ListFlags): RunFilter {
  // What is no kind, or no state, is refused there.
  return { runs: folder, where: Object.fromEntries(where), kind, state, seed } as RunFilter;
}

runs
  .command('list', { isDefault: true })
  .description('runs with state, accuracy, bits of the set and size of the files, and their sum; or a table of them')
  .option(...runsFolder)
  .option(
    '--where <setting>',
    'only those whose configuration says so: key=value, or key=value,value for any of them (repeatable)',
    whereSetting,
  )
  .option('--kind <names>', 'only of these kinds, e.g. distillation,random', commaWords)
  .option('--state <names>', 'only finished, unfinished, running, unreadable or old ones', commaWords)
  .option('--seed <numbers>', 'only of these seeds, e.g. 0,1', commaNumbers)
  .option('--group', 'a table: runs that differ only in their seed as a row, with mean and 95 % interval')
  .option('--columns <keys>', 'a table with what configurations say of these keys, e.g. matching.method', commaWords)
  .option('--sort <column>', 'a table sorted by a column, e.g. accuracy')
  .option('--descending', 'from the largest on')
  .option('--json', 'for programs: all that is known of each, as JSON')
  .action(async (flags: ListFlags) => {
    const { group, columns, sort, descending, json } = flags;
    const filter = filterOf(flags);
    if (json) {
      const { runsJson } = await import('./report/runs-table');
      process.stdout.write(`${JSON.stringify(runsJson({ ...filter, group }))}\n`);
      return;
    }
    if (group || columns || sort !== undefined) {
      const { runsTable } = await import('./report/runs-table');
      const { tableText } = await import('./report/table-text');
      process.stdout.write(
        `${tableText(runsTable({ ...filter, group, columns, sort, descending }), 'markdown').trimEnd()}\n`,
      );
      return;
    }
    const { findRuns } = await import('./runs/run-rows');
    const { listRuns } = await import('./runs/run-store');
    const fitting = new Map<string, Set<string | undefined>>();
    for (const row of findRuns(filter)) fitting.set(row.run, (fitting.get(row.run) ?? new Set()).add(row.students));
    const found = listRuns(flags.runs).filter(({ name }) => fitting.has(name));
    for (const { name, state, students: all, bytes, result } of found) {
      const students = all.filter((recipe) => fitting.get(name)!.has(recipe.name));
      const percent = (recipe?: StudentsSummary) =>
        recipe?.accuracy ? `${(100 * recipe.accuracy.mean).toFixed(1)} % ${recipe.split}` : '-';
      const [first] = students;
      const size = megabytes(bytes).padStart(9);
      const bits = (result?.ledger ? `${result.ledger.bits} bits` : '-').padStart(15);
      process.stdout.write(`${state.padEnd(10)}  ${percent(first).padEnd(17)}  ${bits}  ${size}  ${name}\n`);
      for (const recipe of students.length > 1 ? students : []) {
        process.stdout.write(`${''.padEnd(10)}  ${percent(recipe).padEnd(17)}  ${''.padEnd(26)}    ${recipe.name}\n`);
      }
    }
    const sum = (key: 'bytes' | 'spareBytes') => megabytes(found.reduce((total, run) => total + run[key], 0));
    process.stderr.write(
      `${found.length} runs, ${sum('bytes')}; of it ${sum('spareBytes')} are checkpoints of finished ones (runs prune NAME ...)\n`,
    );
  });

runs
  .command('diff')
  .description('what the configurations of two runs say differently, and what the runs were computed with')
  .argument('<first>', "name of a run's folder, or the hash at its end")
  .argument('<second>', 'the same of the other')
  .option(...runsFolder)
  .option('--json', 'for programs')
  .action(async (first: string, second: string, { runs: folder, json }: ListFlags) => {
    const { diffRuns } = await import('./runs/run-rows');
    const found = diffRuns(first, second, { runs: folder });
    if (json) {
      process.stdout.write(`${JSON.stringify(found)}\n`);
      return;
    }
    const text = (value: unknown) =>
      value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);
    const width = Math.max(0, ...found.map(({ key }) => key.length));
    for (const entry of found) {
      process.stdout.write(`${entry.key.padEnd(width)}  ${text(entry.first)}  ->  ${text(entry.second)}\n`);
    }
    process.stderr.write(
      found.length === 0 ? 'They say the same: what they are called by differs in versions of defaults alone.\n' : '',
    );
  });

runs
  .command('stale')
  .description('which stored runs a changed default or version makes stale: asked for again, they are made anew')
  .option(...runsFolder)
  .option('--json', 'for programs')
  .action(async ({ runs: folder, json }: ListFlags) => {
    const { staleRuns } = await import('./runs/stale-runs');
    const { formatSeconds } = await import('./terminal/progress');
    const { current, stale, old, unknown } = staleRuns(folder);
    if (json) {
      process.stdout.write(`${JSON.stringify({ current, stale, old, unknown })}\n`);
      return;
    }
    for (const { run, students, why, differing } of stale) {
      const says = differing.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ');
      process.stdout.write(`${run}${students ? `, students ${students}` : ''}\n  ${why}\n`);
      if (says) process.stdout.write(`  not today's defaults: ${says}\n`);
    }
    for (const { run, why } of unknown) process.stdout.write(`${run}\n  cannot be told: ${why}\n`);
    for (const run of old) process.stdout.write(`${run}\n  old: of a version of haba whose runs are no longer read\n`);
    const took = stale.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
    const others = [
      ...(unknown.length > 0 ? [`${unknown.length} cannot be told`] : []),
      ...(old.length > 0 ? [`${old.length} old`] : []),
    ];
    process.stderr.write(
      `${[`${current.length} runs are as today's code calls them`, `${stale.length} would be made anew${stale.length > 0 ? `, which took ${formatSeconds(took)}` : ''}`, ...others].join('; ')}\n`,
    );
  });

runs
  .command('show')
  .description('one run in full')
  .argument('<name>', 'name of its folder, or the hash at its end')
  .option(...runsFolder)
  .action(async (name: string, { runs: folder }: PlaceFlags) => {
    const { findRun } = await import('./runs/run-store');
    const { identity, ...found } = findRun(name, folder);
    process.stdout.write(`${JSON.stringify({ ...found, ...identity }, undefined, 2)}\n`);
  });

runs
  .command('page')
  .description('all stored runs as one page without anything from the internet: results/runs.html')
  .option(...runsFolder)
  .option('--results <folder>', 'where to write, by default HABA_RESULTS, else results')
  .action(async ({ runs: folder, results }: ListFlags & { results?: string }) => {
    const { writeRunsPage } = await import('./reproduction/runs-page');
    process.stdout.write(`${writeRunsPage({ runs: folder, results })}\n`);
  });

for (const [verb, description, change] of [
  ['remove', 'remove runs, named in full', 'removeRuns'],
  ['prune', 'remove the checkpoints of finished runs, named in full; results stay', 'pruneRuns'],
] as const) {
  runs
    .command(verb)
    .description(description)
    .argument('<names...>', 'names of their folders')
    .option(...runsFolder)
    .action(async (names: string[], { runs: folder }: PlaceFlags) => {
      const store = await import('./runs/run-store');
      for (const { name, bytes, spareBytes } of store[change](names, folder)) {
        process.stdout.write(`${name}: ${megabytes(verb === 'prune' ? spareBytes : bytes)} freed\n`);
      }
    });
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

program.hook('preAction', async (_program, command) => {
  const { threads, workers, slurm } = command.opts<WorkerFlags>();
  // Of workers, or tasks of a cluster, where there are some: this process hands out work.
  if (threads === undefined || workers !== undefined || slurm) return;
  const { useThreads } = await import('./tensor/backend');
  useThreads(threads);
});

runCommand(program);
