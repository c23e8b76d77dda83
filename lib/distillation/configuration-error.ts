/** Sentences for what is wrong with a configuration: the key, what was given, what is allowed. */
import { inspect } from 'node:util';
import { z } from 'zod';
import { nearestName } from '../files/nearest-name';
import { oneLine } from '../files/one-line';

/** What adds to the values that are allowed. */
const registering: Record<string, string> = {
  dataset: 'imageFolder or dataset, with that name',
  'network.name': 'registerNetwork',
  'set.kind': 'registerParameterisation',
  'matching.method': 'registerMatching',
};

/** Turns the first issue of a failed validation into one sentence. */
export function explainIssue(issue: z.ZodIssue, given: unknown, schema: z.ZodTypeAny): string {
  const key = issue.path.join('.') || 'configuration';
  const value = show(valueAt(given, issue.path));
  switch (issue.code) {
    case 'unrecognized_keys': {
      const unknown = [...issue.path, issue.keys[0]].join('.');
      const { keys: allowed, chosenBy } = keysAt(schema, issue.path, given);
      const nearest = nearestName(issue.keys[0], allowed);
      const chosen = chosenBy && [...issue.path, chosenBy];
      const where = chosen ? ` where '${chosen.join('.')}' is ${show(valueAt(given, chosen))}.` : '.';
      const why = nearest ? `; did you mean '${[...issue.path, nearest].join('.')}'?` : where;
      return `Configuration: '${oneLine(unknown, 60)}' is not a key${why} Allowed here: ${allowed.join(', ')}.`;
    }
    case 'invalid_enum_value':
    case 'invalid_union_discriminator': {
      const options = issue.options.map(String);
      const nearest = nearestName(String(valueAt(given, issue.path)), options);
      const register = registering[key] ? ` One of your own is made first: ${registering[key]}.` : '';
      return `Configuration: '${key}' is ${value}; allowed are ${options.join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}${register}`;
    }
    case 'invalid_type':
      return `Configuration: '${key}' is ${value}; expected ${issue.expected === 'integer' ? 'an integer' : `a value of type ${issue.expected}`}.`;
    case 'too_small':
      return `Configuration: '${key}' is ${value}; allowed is ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}.`;
    case 'too_big':
      return `Configuration: '${key}' is ${value}; allowed is ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}.`;
    case 'not_finite':
      return `Configuration: '${key}' is ${value}; expected a finite number.`;
    case 'invalid_string':
      return `Configuration: '${key}' is ${value}; ${issue.message}.`;
    default:
      return `Configuration: '${key}' is ${value}: ${issue.message}.`;
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  const inspected = inspect(value, {
    depth: 0,
    compact: true,
    breakLength: Infinity,
    maxStringLength: 60,
    maxArrayLength: 10,
  });
  return oneLine(inspected);
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

/** Legal keys of the object schema at a path; in a union, those of the member that the value of a key chose. */
function keysAt(
  schema: z.ZodTypeAny,
  path: readonly (string | number)[],
  given: unknown,
): { keys: string[]; chosenBy?: string } {
  let inner: z.ZodTypeAny = schema;
  let value: unknown = given;
  let chosenBy: string | undefined;
  const choose = () => {
    chosenBy = undefined;
    if (inner instanceof z.ZodDiscriminatedUnion) {
      const union = inner as z.ZodDiscriminatedUnion<string, z.ZodDiscriminatedUnionOption<string>[]>;
      chosenBy = union.discriminator;
      inner = union.optionsMap.get((value as Record<string, z.Primitive>)[union.discriminator]) ?? inner;
    }
  };
  for (const key of path) {
    choose();
    if (inner instanceof z.ZodObject) inner = (inner.shape as Record<string, z.ZodTypeAny>)[key];
    value = (value as Record<string, unknown>)[key];
  }
  choose();
  return { keys: inner instanceof z.ZodObject ? Object.keys(inner.shape as object) : [], chosenBy };
}
