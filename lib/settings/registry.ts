/** A family of values that anyone may add to, also from a notebook's cell: kinds of set, matching methods. */
import { z } from 'zod';
import { nearestName } from '../files/nearest-name';

/** What is known of any value of a family: its options, a schema each. */
interface WithOptions {
  readonly options: z.ZodRawShape;
}

export interface RegistryOptions<Value> {
  /** One a process holds the family's values under: a program that loads a module by `import` and by `require` has it twice. */
  family: string;
  /** What one is called in sentences, e.g. 'matching method'. */
  one: string;
  /** The key of a configuration that says which is meant, e.g. 'method'. */
  key: string;
  /** The function that adds one, named in errors. */
  register: string;
  nameOf: (value: Value) => string;
  /** As tables and charts have it: runs of one label and one seed are one run there, so that no two values have the same. */
  labelOf: (value: Value) => string;
  /** What stands beside the options where a value is made of them: no option is called so. Default: nothing. */
  reserved?: readonly string[];
  /** The library's own, which nobody takes the place of. */
  library: readonly Value[];
}

export interface Registry<Value> {
  /** In the order in which they were registered, the library's first. */
  names(): string[];
  /** Whether the library does not bring it. */
  isOwn(name: string): boolean;
  /**
   * Adds a value; registered again, as by a notebook's cell that runs again, it takes the place of the one before it.
   * @throws RangeError for the name of another in the library, for one that is no name, and for the label of another
   */
  add(value: Value): void;
  /**
   * Keeps labels for what stands beside the values in tables, which no value may then be added with.
   * @param whose what has them, e.g. 'of what questions compare'
   */
  keepLabels(labels: readonly string[], whose: string): void;
  /** @throws RangeError that lists those there are, and the nearest */
  get(name: string): Value;
  /** The schema of the options of any value that is registered by now, told apart by the family's key. */
  schema(): z.ZodDiscriminatedUnion<string, z.ZodDiscriminatedUnionOption<string>[]>;
}

export function createRegistry<Value extends WithOptions>(given: RegistryOptions<Value>): Registry<Value> {
  const { family, one, key, nameOf, labelOf, reserved = [], library } = given;
  const place = Symbol.for(`haba: ${family}`);
  const registered = ((globalThis as { [place]?: Map<string, Value> })[place] ??= new Map<string, Value>());
  // A notebook's kernel runs a module anew that was edited: the library's own values are those of now, and others stay.
  for (const value of library) registered.set(nameOf(value), value);
  const isOwn = (name: string) => !library.some((value) => nameOf(value) === name);
  const kept = new Map<string, string>();
  /** Who has a label already, beside the value of a name. */
  const holderOf = (label: string, name: string): string | undefined => {
    const holder = [...registered.values()].find((value) => labelOf(value) === label && nameOf(value) !== name);
    return holder ? `of the ${key} '${nameOf(holder)}'` : kept.get(label);
  };
  return {
    names: () => [...registered.keys()],
    isOwn,
    add(value) {
      const name = nameOf(value);
      const refuse = (reason: string) => new RangeError(`${given.register}: the ${key} '${name}' ${reason}.`);
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/i.test(name)) throw refuse('must be of letters, digits and hyphens');
      if (!isOwn(name)) throw refuse("is the library's own; give yours another name");
      if (Object.hasOwn(value.options, key)) throw refuse(`has an option '${key}', which is what tells ${key}s apart`);
      const taken = reserved.find((option) => Object.hasOwn(value.options, option));
      if (taken !== undefined) throw refuse(`has an option '${taken}', which means something else; call it otherwise`);
      const label = labelOf(value);
      const holder = holderOf(label, name);
      if (holder) {
        throw refuse(
          `has the label '${label}', which is that ${holder}: tables would count runs of both as one. Give yours another label`,
        );
      }
      registered.set(name, value);
    },
    keepLabels(labels, whose) {
      for (const label of labels) kept.set(label, whose);
    },
    get(name) {
      const found = registered.get(name);
      if (found) return found;
      const names = [...registered.keys()];
      const nearest = nearestName(name, names);
      throw new RangeError(
        `There is no ${one} '${name}'; registered are ${names.join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
      );
    },
    schema() {
      const [first, ...others] = [...registered].map(([name, { options }]) =>
        z.strictObject({ [key]: z.literal(name), ...options }),
      );
      return z.discriminatedUnion(key, [first, ...others]) as ReturnType<Registry<Value>['schema']>;
    },
  };
}
