/**
 * `npm run fuzz`: every reader on ten thousand hostile inputs each. `npm run fuzz -- --seed 7 --cases 500 --reader tar`
 * varies it; `--case 123` runs one case again. A reader has a process of its own, which is stopped when it hangs.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fuzz, type Failure, type FuzzReport } from './fuzz';
import { readers } from './readers';

/** A case that takes longer is stopped, with its process; a busy machine takes its time to start one. */
const patience = 300_000;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    reader: { type: 'string' },
    case: { type: 'string' },
    child: { type: 'boolean', default: false },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
const only = values.case === undefined ? undefined : Number(values.case);

async function main(): Promise<void> {
  const chosen = readers.filter(({ name }) => values.reader === undefined || name === values.reader);
  if (chosen.length === 0) {
    throw new RangeError(
      `There is no reader '${values.reader}'; there are ${readers.map(({ name }) => name).join(', ')}.`,
    );
  }
  if (values.child) {
    const report = await fuzz(chosen[0], { cases, seed, only, onCase: (number) => process.send?.(number) });
    process.send?.(report);
    process.disconnect?.();
    return;
  }
  process.stdout.write(`seed ${seed}, ${only === undefined ? `${cases} cases a reader` : `case ${only}`}\n\n`);
  process.stdout.write('| reader | cases | refused | accepted | worst CPU ms | worst MB |\n');
  process.stdout.write('| --- | ---: | ---: | ---: | ---: | ---: |\n');
  const queue = [...chosen];
  const failed: string[] = [];
  const work = async () => {
    for (let reader = queue.shift(); reader; reader = queue.shift()) {
      const { name } = reader;
      const report = await inChild(name);
      const megabytes = report.worstBytes === undefined ? '-' : (report.worstBytes / 1e6).toFixed(1);
      const numbers = [report.cases, report.refused, report.accepted, Math.ceil(report.worstMilliseconds), megabytes];
      process.stdout.write(`| ${[name, ...numbers].join(' | ')} |\n`);
      failed.push(...report.failures.map(({ number, reason }) => `${again(name, number)}\n  ${reason}`));
    }
  };
  await Promise.all([work(), work()]);
  process.stdout.write(`\n${failed.length} failures\n${failed.slice(0, 50).join('\n')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

const again = (reader: string, number: number) =>
  `npm run fuzz -- --reader ${reader.includes(' ') ? `'${reader}'` : reader} --seed ${seed} --case ${number}`;

function inChild(reader: string): Promise<FuzzReport> {
  const one = only === undefined ? [] : ['--case', String(only)];
  const child = fork(
    __filename,
    ['--child', '--reader', reader, '--cases', String(cases), '--seed', String(seed), ...one],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    },
  );
  let [current, report, errors]: [number, FuzzReport | undefined, string] = [0, undefined, ''];
  child.stderr?.on('data', (part: Buffer) => (errors = (errors + part.toString()).slice(-2000)));
  let hung = false;
  const watch = () =>
    setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, patience);
  let timer = watch();
  child.on('message', (message: number | FuzzReport) => {
    clearTimeout(timer);
    timer = watch();
    if (typeof message === 'number') current = message;
    else report = message;
  });
  return new Promise((resolve) =>
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (report) return resolve(report);
      const reason = hung
        ? `it took more than ${patience / 1000} s`
        : `the process ended with ${status ?? signal}: ${errors}`;
      const failures: Failure[] = [{ number: current, reason }];
      resolve({ reader, cases: current, refused: 0, accepted: 0, worstMilliseconds: patience, failures });
    }),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
