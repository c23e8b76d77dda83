/** Cells of grids: what each run is called, and how it is made. */
import type { Configuration, ConfigurationInput } from '../distillation/configuration';
import type { GridCell } from '../runs/grid';
import { makeExperts } from '../runs/make-experts';
import type { RunOptions } from '../runs/context';
import { evaluateRun, run, runBaseline, type BaselineInput, type OtherStudents } from '../runs/run';
import type { SeededFactors } from '../report/seed-groups';

/** What all runs of a question share. */
export interface QuestionSettings {
  profile: Configuration['profile'];
  dataset: Configuration['dataset'];
}

/**
 * Seeds of distillation that a question is asked with: three give an interval, if a wide one. All sets of a comparison are made
 * with each of them, so that differences can be taken within seeds.
 */
export function defaultSeeds(profile: Configuration['profile']): readonly number[] {
  return profile === 'smoke' ? [0, 1] : [0, 1, 2];
}

/** How students are trained and tested: whatever differs from the profile. */
export type StudentsInput = NonNullable<ConfigurationInput['evaluation']>;

/** A cell, and what its run is made of. */
export interface QuestionCell<Factors extends SeededFactors> extends GridCell<Factors> {
  input: ConfigurationInput | BaselineInput;
  /** Of other students than the set's own. */
  students?: OtherStudents;
}

/** Distils, with experts trained first where the method learns from them. */
async function distil(configuration: ConfigurationInput, options: RunOptions) {
  if (configuration.matching?.method === 'mtt') await makeExperts(configuration, options);
  return run(configuration, options);
}

/** A distillation. */
export function distillationCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
): QuestionCell<Factors> {
  return { label, factors, input, run: (options) => distil(input, options) };
}

/** Students on real images. */
export function baselineCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: BaselineInput,
): QuestionCell<Factors> {
  return { label, factors, input, run: (options) => runBaseline(input, options) };
}

/** Other students on the set of a cell, which is made first where it is not there. */
export function otherStudentsCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  made: QuestionCell<Factors>,
  students: OtherStudents,
): QuestionCell<Factors> {
  const run = async (options: RunOptions) => evaluateRun(await made.run(options), students, options);
  return { label, factors, input: made.input, students, run };
}

/** {@link otherStudentsCell} of a distillation. */
export function evaluationCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
  students: OtherStudents,
): QuestionCell<Factors> {
  return otherStudentsCell(label, factors, distillationCell(label, factors, input), students);
}
