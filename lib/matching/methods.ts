/** Every matching method that there is: the library's, and those that were registered. */
import type { DataShape, DefaultsChoice } from '../factorization/parameterisation';
import { logitsName, probabilitiesName } from '../factorization/tensor-names';
import { createRegistry } from '../settings/registry';
import type { Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { dcMethod } from './dc';
import { dmMethod } from './dm';
import { dsaMethod } from './dsa';
import type { LearnedTensor, MatchingMethod } from './method';
import { mttMethod } from './mtt';

/** Told from the library's methods by its type; what it is called is known when it runs. */
declare enum OwnMethod {
  registered = '',
}

/** A method that the library does not bring; {@link registerMatching} returns what makes one. */
export type OwnMatching = { readonly method: OwnMethod.registered } & Readonly<Record<string, unknown>>;

/** The library's methods, in the order in which they are listed. A place here is all that one takes; its value says the rest. */
const library = [dmMethod, dcMethod, dsaMethod, mttMethod] as const;

type LibraryMethod = (typeof library)[number];
type Complete<Value> = Value extends MatchingMethod<infer Options, infer Name> ? { method: Name } & Options : never;
type Given<Value> =
  Value extends MatchingMethod<infer Options, infer Name> ? { method?: Name } & Differing<Options> : never;
/** Some of options, and of those that are records some of what is in them, e.g. of `experts`. */
type Differing<Options> = {
  [Key in keyof Options]?: Options[Key] extends Readonly<Record<string, unknown>>
    ? Partial<Options[Key]>
    : Options[Key];
};

/** A method and its complete options, as a configuration has them. */
export type MatchingOptions = Complete<LibraryMethod> | OwnMatching;

/** What a person writes: whatever differs from the defaults. */
export type MatchingInput = Given<LibraryMethod> | OwnMatching;

const methods = createRegistry<MatchingMethod>({
  family: 'matching methods',
  one: 'matching method',
  key: 'method',
  register: 'registerMatching',
  nameOf: ({ name }) => name,
  labelOf: ({ label }) => label,
  library,
});
// What tables have in the place of a method where none made the set.
methods.keepLabels(['none'], 'of real images');

/** Names of the library's own methods. */
export const libraryMethods: readonly string[] = library.map(({ name }) => name);

/** Names of all methods, in the order in which they were registered. */
export const matchingNames = (): string[] => methods.names();

/** Whether the library does not bring it. */
export const isOwnMethod = (name: string): boolean => methods.isOwn(name);

/** Trajectory matching is the authors' main setting, and needs experts, which take long to train. */
export const defaultMethod = (profile: DefaultsChoice['profile']): string =>
  profile === 'paper' || profile === 'study' ? 'mtt' : 'dm';

/** Names that metrics and files for PyTorch have beside those of what a method learns. */
const taken = [
  ...['iteration', 'loss', 'cosine', 'adversaryLoss', 'seconds'],
  ...['images', 'labels', probabilitiesName, logitsName, 'mean', 'deviation'],
];

/**
 * Adds a matching method, which from then on is configured, run, stored, tabled and compared as any other, on sets of any kind.
 * Registered again, as by a notebook's cell that runs again, a value takes the place of the one before it.
 *
 *     const meanFeatures = registerMatching<{ realBatch: number }>({
 *       name: 'mean-features',
 *       label: 'mean features',
 *       options: { realBatch: z.number().int().min(1) },
 *       defaults: () => ({ realBatch: 64 }),
 *       create: ({ realBatch }, context) => matchOnce({ ... }),
 *     });
 *     await run({ matching: meanFeatures({ realBatch: 32 }) });
 *
 * @returns what makes the `matching` of a configuration, of whatever options differ from the defaults
 * @throws RangeError for the name of another in the library, for the label of another, and for a value that contradicts itself
 */
export function registerMatching<Options extends object>(
  method: MatchingMethod<Options>,
): (options?: Partial<Options>) => OwnMatching {
  const { name, learns = {}, studentRate } = method;
  const refuse = (reason: string) => new RangeError(`registerMatching: the method '${name}' ${reason}.`);
  for (const learned of Object.keys(learns)) {
    if (!/^[a-z][a-z0-9]*$/i.test(learned)) throw refuse(`learns '${learned}', a name not of letters and digits`);
    if (taken.includes(learned)) {
      throw refuse(`learns '${learned}', which is the name of something else; taken are ${taken.join(', ')}`);
    }
  }
  if (studentRate !== undefined && !Object.hasOwn(learns, studentRate)) {
    const listed = Object.keys(learns).join(', ') || 'nothing';
    throw refuse(`gives students the rate '${studentRate}', which it does not learn; it learns ${listed}`);
  }
  if (method.prepare?.ofExperts && !Object.hasOwn(method.options, 'experts')) {
    throw refuse("prepares experts, and has no option 'experts' that says which: give it `experts: expertOptions`");
  }
  methods.add(method);
  return (given = {}) => ({ method: name, ...given }) as unknown as OwnMatching;
}

/**
 * The value of a method.
 * @throws RangeError that lists the methods there are, and the nearest
 */
export const matchingMethodOf = (name: string): MatchingMethod => methods.get(name);

/** The schema of the options of any method that is registered by now. */
export const matchingSchema = () => methods.schema();

/** What a method learns beside the set, by name. */
export function learnedBeside(method: string): Readonly<Record<string, LearnedTensor>> {
  return matchingMethodOf(method).learns ?? {};
}

/** What a method learns beside the set, as it starts; the caller owns it. */
export function initLearned(matching: MatchingOptions, shape: DataShape): Parameters {
  const learned = Object.entries(learnedBeside(matching.method));
  return Object.fromEntries(
    learned.map(([name, one]) => [name, tf.tensor(one.start(matching, shape), undefined, 'float32')]),
  );
}

/** Shapes of what a method learns beside the set. */
export function learnedShapes(matching: MatchingOptions, shape: DataShape): Record<string, readonly number[]> {
  const shapeOf = (start: number | readonly number[]) => (typeof start === 'number' ? [] : [start.length]);
  const learned = Object.entries(learnedBeside(matching.method));
  return Object.fromEntries(learned.map(([name, one]) => [name, shapeOf(one.start(matching, shape))]));
}

/** How what a method learns moves, by name: each tensor is a part of its own. */
export function learnedParts(matching: MatchingOptions): Record<string, { part: string; smallest?: number }> {
  const learned = Object.entries(learnedBeside(matching.method));
  return Object.fromEntries(learned.map(([name, one]) => [name, { part: name, smallest: one.smallest?.(matching) }]));
}

/** The rate that students take from what was learned beside their set; undefined where the method learns none for them. */
export function studentRate(matching: Pick<MatchingOptions, 'method'>, learned: Parameters): number | undefined {
  const { studentRate: name } = matchingMethodOf(matching.method);
  return name === undefined ? undefined : learned[name].dataSync()[0];
}
