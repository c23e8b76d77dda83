/** What the paper's table takes, as tables. */
import { table } from 'arquero';
import { rounded } from '../../report/number-text';
import type { ReportTable } from '../../report/tables';
import type { Scaling, ScaledRow } from './scaling';
import { secondsOfExpert, secondsOfRun, secondsOnMachines, type RunSeconds } from './reckoning';

/** Machines like this one that the whole is divided among. */
const machines = [1, 2, 4, 8, 16, 32];

/**
 * A row a run, measured beside estimated; the experts of each dataset; and the whole on so many machines.
 * @param name of the first table, and the beginning of the others' names
 */
export function scalingTables(name: string, scaling: Scaling): ReportTable[] {
  const tables = [runsTable(scaling), expertsTable(scaling), machinesTable(scaling)];
  return ['', '-experts', '-machines'].map((end, place) => ({ name: `${name}${end}`, runs: [], table: tables[place] }));
}

function runsTable({ rows }: Scaling) {
  const column = <Value>(of: (row: ScaledRow) => Value) => rows.map(of);
  const seconds = rows.map(secondsOf);
  return table({
    dataset: column(({ row }) => row.dataset),
    loss: column(({ row }) => row.loss),
    set: column(({ row }) => row.set),
    'nominal images a class': column(({ row }) => row.nominal),
    unroll: column(({ measurement }) => measurement.unroll ?? ''),
    'seconds an iteration': column(({ measurement: { iteration } }) => significant(iteration?.seconds)),
    estimated: column(({ measurement: { estimate } }) => significant(estimate?.iterationSeconds)),
    'processor seconds': column(({ measurement: { iteration } }) => significant(iteration?.processorSeconds)),
    'peak memory (GB)': column(({ measurement: { iteration, peakBytes } }) => (iteration ? gigabytes(peakBytes) : '')),
    'estimated (GB)': column(({ measurement: { estimate } }) => (estimate ? gigabytes(estimate.bytes) : '')),
    iterations: column(({ row }) => row.configuration.iterations),
    'hours of students': seconds.map(({ measured }) => rounded(measured.students / 3600, 2)),
    'hours as measured': seconds.map(({ measured }) => hours(whole(measured))),
    'hours of a free machine': seconds.map(({ free }) => hours(whole(free))),
    'hours from': column(({ iteration: { from } }) => from),
    'not tried because': column(({ measurement: { untried } }) => untried?.why ?? ''),
    load: column(({ measurement: { load } }) => rounded(load, 1)),
  });
}

function expertsTable({ experts }: Scaling) {
  return table({
    dataset: experts.map(({ dataset }) => dataset),
    experts: experts.map(({ count }) => count),
    epochs: experts.map(({ epochs }) => epochs),
    'seconds an epoch': experts.map(({ images, measurement }) => significant(images * measurement.imageSeconds)),
    estimated: experts.map(({ images, measurement: { estimatedImageSeconds } }) =>
      significant(estimatedImageSeconds && images * estimatedImageSeconds),
    ),
    'peak memory (GB)': experts.map(({ measurement }) => gigabytes(measurement.peakBytes)),
    'estimated (GB)': experts.map(({ measurement: { estimatedBytes } }) =>
      estimatedBytes === undefined ? '' : gigabytes(estimatedBytes),
    ),
    hours: experts.map((one) => hours(one.count * secondsOfExpert(one, one.measurement))),
  });
}

function machinesTable({ rows, experts }: Scaling) {
  const runs = rows.map(secondsOf);
  const trained = experts.flatMap((one) => new Array<number>(one.count).fill(secondsOfExpert(one, one.measurement)));
  const on = (reckoned: 'measured' | 'free') => {
    const stages = [trained, runs.map((run) => whole(run[reckoned]))];
    return machines.map((count) => hours(secondsOnMachines(stages, count)));
  };
  return table({ machines, 'hours as measured': on('measured'), 'hours of free machines': on('free') });
}

function secondsOf({ row: { configuration, size }, measurement, iteration }: ScaledRow) {
  const { iterations, evaluation } = configuration;
  const length = { iterations, students: evaluation.students, testImages: size.test };
  return {
    measured: secondsOfRun(length, iteration.measured, measurement),
    free: secondsOfRun(length, iteration.free, measurement),
  };
}

const whole = ({ distillation, students }: RunSeconds) => distillation + students;
const hours = (seconds: number) => rounded(seconds / 3600, 1);
const gigabytes = (bytes: number) => rounded(bytes / 1e9, 1);

/** To three digits; nothing where nothing is known. */
function significant(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toPrecision(3)));
}
