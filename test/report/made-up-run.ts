/** Results of runs as reports read them, made up. */
import type { RunResult } from '../../lib/runs/train-students';
import type { StudentsRecipe } from '../../lib/report/students-column';

export interface MadeUpRun {
  /** Of each student, as fractions. */
  students: number[];
  seed?: number;
  storedFloats?: number;
  /** Of its set, in ten classes of 3,072 values; left out, there is no ledger. */
  bits?: number;
  seconds?: number;
  evaluation?: StudentsRecipe;
}

/** @param name of its folder */
export function madeUpRun(
  name: string,
  {
    students,
    seed = 0,
    storedFloats = 30720,
    bits,
    seconds = 60,
    evaluation = { updates: 300, split: 'test' },
  }: MadeUpRun,
): RunResult {
  const mean = students.reduce((sum, accuracy) => sum + accuracy, 0) / students.length;
  const squares = students.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0);
  const std = students.length > 1 ? Math.sqrt(squares / (students.length - 1)) : 0;
  return {
    run: `results/runs/${name}`,
    students: `results/runs/${name}/students/made-up`,
    kind: 'distillation',
    configuration: {
      ...{ seed, evaluation, dataset: 'shapes', profile: 'smoke', iterations: 10 },
      ...{ set: { kind: 'images' }, matching: { method: 'dm' } },
    },
    accuracy: { mean, std, runs: students },
    storedFloats,
    imagesPerClass: storedFloats / 30720,
    ...(bits === undefined ? {} : { ledger: { bits, bitsPerClass: bits / 10, realImagesPerClass: bits / 245_760 } }),
    seconds,
    peakBytes: 1e9,
  } as RunResult;
}
