/** `haba runs`: what is stored. */
import { InvalidArgumentError, type Command } from 'commander';
import type { RunFilter } from '../runs/run-rows';
import type { StudentsSummary } from '../runs/run-store';
import { runsFolder, wholeNumber, type PlaceFlags } from './flags';
import { printJson } from './print';

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

export function addRuns(program: Command): void {
  const runs = program.command('runs').description('the stored runs: list, show, diff, stale, page, remove, prune');

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
        const { runsJson } = await import('../report/runs-table');
        printJson(runsJson({ ...filter, group }));
        return;
      }
      if (group || columns || sort !== undefined) {
        const { runsTable } = await import('../report/runs-table');
        const { tableText } = await import('../report/table-text');
        process.stdout.write(
          `${tableText(runsTable({ ...filter, group, columns, sort, descending }), 'markdown').trimEnd()}\n`,
        );
        return;
      }
      const { findRuns } = await import('../runs/run-rows');
      const { listRuns } = await import('../runs/run-store');
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
      const { diffRuns } = await import('../runs/run-rows');
      const found = diffRuns(first, second, { runs: folder });
      if (json) {
        printJson(found);
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
      const { staleRuns } = await import('../runs/stale-runs');
      const { formatSeconds } = await import('../terminal/progress');
      const { current, stale, old, unknown } = staleRuns(folder);
      if (json) {
        printJson({ current, stale, old, unknown });
        return;
      }
      for (const { run, students, why, differing } of stale) {
        const says = differing.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ');
        process.stdout.write(`${run}${students ? `, students ${students}` : ''}\n  ${why}\n`);
        if (says) process.stdout.write(`  not today's defaults: ${says}\n`);
      }
      for (const { run, why } of unknown) process.stdout.write(`${run}\n  cannot be told: ${why}\n`);
      for (const run of old)
        process.stdout.write(`${run}\n  old: of a version of haba whose runs are no longer read\n`);
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
      const { findRun } = await import('../runs/run-store');
      const { identity, ...found } = findRun(name, folder);
      process.stdout.write(`${JSON.stringify({ ...found, ...identity }, undefined, 2)}\n`);
    });

  runs
    .command('page')
    .description('all stored runs as one page without anything from the internet: results/runs.html')
    .option(...runsFolder)
    .option('--results <folder>', 'where to write, by default HABA_RESULTS, else results')
    .action(async ({ runs: folder, results }: ListFlags & { results?: string }) => {
      const { writeRunsPage } = await import('../reproduction/runs-page');
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
        const store = await import('../runs/run-store');
        for (const { name, bytes, spareBytes } of store[change](names, folder)) {
          process.stdout.write(`${name}: ${megabytes(verb === 'prune' ? spareBytes : bytes)} freed\n`);
        }
      });
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
