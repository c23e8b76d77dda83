/** Cells of grids: what each run is called, and how it is made. */
import type { Configuration, ConfigurationInput } from '../../distillation/configuration';
import type { GridCell } from '../grid';
import { makeExperts } from '../make-experts';
import { evaluateRun, run, runBaseline, type BaselineInput, type OtherStudents } from '../../runs/run';
import type { RunOptions } from '../../runs/context';

/** What all runs of a question share. */
export interface QuestionSettings {
  profile: Configuration['profile'];
  dataset: Configuration['dataset'];
}

/** Distils, with experts trained first where the method learns from them. */
async function distil(configuration: ConfigurationInput, options: RunOptions) {
  if (configuration.matching?.method === 'mtt') await makeExperts(configuration, options);
  return run(configuration, options);
}

/** A distillation. */
export function distillationCell<Factors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
): GridCell<Factors> {
  return { label, factors, run: (options) => distil(input, options) };
}

/** Students on real images. */
export function baselineCell<Factors>(label: string, factors: Factors, input: BaselineInput): GridCell<Factors> {
  return { label, factors, run: (options) => runBaseline(input, options) };
}

/** Other students on the set of a distillation, which is made first where it is not there. */
export function evaluationCell<Factors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
  students: OtherStudents,
): GridCell<Factors> {
  return { label, factors, run: async (options) => evaluateRun(await distil(input, options), students, options) };
}
