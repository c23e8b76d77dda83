/** Cells of grids: what each run is called, and what it is made of. */
import { datasetNameOf, type DatasetInput } from '../data/dataset-names';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import type { GridCell } from '../experiments/grid';
import { setTaskOf } from '../experiments/task';
import { canonicalJson } from '../files/canonical-json';
import { matchingMethodOf, type MatchingInput } from '../matching/methods';
import { configureBaseline, type BaselineInput, type OtherStudents } from '../runs/run';
import type { StoreInput } from '../runs/stored-as';
import type { SeededFactors } from '../report/seed-groups';

/** What all runs of a question share. */
export interface QuestionSettings {
  profile: Configuration['profile'];
  /** A name, or one of one's own. */
  dataset: DatasetInput;
}

/**
 * Seeds of distillation that a question is asked with: three give an interval, if a wide one. All sets of a comparison are made
 * with each of them, so that differences can be taken within seeds.
 */
export function defaultSeeds(profile: Configuration['profile']): readonly number[] {
  return profile === 'smoke' ? [0, 1] : [0, 1, 2];
}

/**
 * Seeds beside {@link defaultSeeds}, for the sets that claims are about and that take little: six give intervals less than half as
 * wide as three do.
 */
export function furtherSeeds(profile: Configuration['profile']): readonly number[] {
  return { smoke: [2], quick: [3, 4, 5], study: [3, 4], paper: [3, 4] }[profile];
}

/** How students are trained and tested: whatever differs from the profile. */
export type StudentsInput = NonNullable<ConfigurationInput['evaluation']>;

/** A cell of a question: seeds are among its factors. */
export type QuestionCell<Factors extends SeededFactors> = GridCell<Factors>;

/** A task is plain JSON: a dataset of one's own is in it by its name. */
function plain<Input extends { dataset?: DatasetInput }>(input: Input): Input {
  return input.dataset === undefined ? input : { ...input, dataset: datasetNameOf(input.dataset) };
}

/**
 * Whitening of real images that are compared with distillations by a method, and of networks that judge these: the method's, where it
 * is not what baselines have by themselves.
 */
export function whiteningBeside(
  { profile, dataset }: QuestionSettings,
  matching: MatchingInput,
): Pick<ConfigurationInput, 'whitening'> {
  const { whitening } = configure({ profile, dataset, matching });
  return whitening === configureBaseline({ profile, dataset, baseline: 'random' }).whitening ? {} : { whitening };
}

/** What a configuration has as `matching`, of what a question is asked of: that, or a method's name. */
export function matchingOf(asked: string | MatchingInput): MatchingInput {
  return (typeof asked === 'string' ? { method: asked } : asked) as MatchingInput;
}

/**
 * What tables call methods that a question is asked of: their labels, and of those that are asked of with one label several times what
 * was given, too, e.g. 'DM, realBatch 64': their runs would otherwise count as one setting's.
 */
export function methodLabels(
  { profile, dataset }: QuestionSettings,
  methods: readonly (string | MatchingInput)[],
): string[] {
  const asked = methods.map((method) => {
    const { method: name, ...given } = matchingOf(method);
    const made = configure({ profile, dataset, matching: { method: name, ...given } as MatchingInput }).matching.method;
    return { label: matchingMethodOf(made).label, given };
  });
  return asked.map(({ label, given }) => {
    const alone = asked.filter((other) => other.label === label).length === 1;
    const told = Object.entries(given).map(([option, value]) => `${option} ${canonicalJson(value)}`);
    return alone ? label : [label, ...told].join(', ');
  });
}

/** A distillation. */
export function distillationCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
): QuestionCell<Factors> {
  return { label, factors, task: { kind: 'run', input: plain(input) } };
}

/** Students on real images. */
export function baselineCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: BaselineInput,
): QuestionCell<Factors> {
  return { label, factors, task: { kind: 'baseline', input: plain(input) } };
}

/** Other students on the set of a cell, which is made first where it is not there. */
export function otherStudentsCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  made: QuestionCell<Factors>,
  students: OtherStudents,
): QuestionCell<Factors> {
  return { label, factors, task: { kind: 'evaluation', of: setTaskOf(made.task), students } };
}

/** Students of a cell's set that are trained without augmentation. */
export function withoutAugmentationCell<Factors extends SeededFactors & { augmentation: 'with' | 'without' }>(
  cell: QuestionCell<Factors>,
): QuestionCell<Factors> {
  return otherStudentsCell<Factors>(
    `${cell.label}, without augmentation`,
    { ...cell.factors, augmentation: 'without' },
    cell,
    { evaluation: { augmentation: 'none' } },
  );
}

/**
 * The set of a distillation in another precision, which is made first where it is not there, and students on it.
 * @throws RangeError for real images
 */
export function storedCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  made: QuestionCell<Factors>,
  as: StoreInput,
): QuestionCell<Factors> {
  const of = setTaskOf(made.task);
  if (of.kind !== 'run') throw new RangeError(`'${made.label}' are real images, which are stored as they are.`);
  return { label, factors, task: { kind: 'stored', of, as } };
}

/**
 * Students on the set that a distillation has at an iteration, trained as on its last one.
 * @param input whose `snapshots` have that iteration, where it is not the last
 */
export function snapshotCell<Factors extends SeededFactors>(
  label: string,
  factors: Factors,
  input: ConfigurationInput,
  iteration: number,
): QuestionCell<Factors> {
  const made = distillationCell(label, factors, input);
  return { label, factors, task: { kind: 'evaluation', of: setTaskOf(made.task), students: {}, snapshot: iteration } };
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
