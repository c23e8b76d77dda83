/** Sentences for what is wrong with a configuration: the key, what was given, what is allowed. */
import { inspect } from 'node:util';
import { z } from 'zod';
import { strategyNames } from '../data/dsa';
import { nearestName } from '../files/nearest-name';
import { oneLine } from '../files/one-line';

/** Turns the first issue of a failed validation into one sentence. */
export function explainIssue(issue: z.ZodIssue, given: unknown, schema: z.ZodTypeAny): string {
  const key = issue.path.join('.') || 'configuration';
  const value = show(valueAt(given, issue.path));
  switch (issue.code) {
    case 'unrecognized_keys': {
      const unknown = [...issue.path, issue.keys[0]].join('.');
      const allowed = keysAt(schema, issue.path, given);
      const nearest = nearestName(issue.keys[0], allowed);
      return `Configuration: '${oneLine(unknown, 60)}' is not a key${nearest ? `; did you mean '${[...issue.path, nearest].join('.')}'?` : '.'} Allowed here: ${allowed.join(', ')}.`;
    }
    case 'invalid_enum_value':
    case 'invalid_union_discriminator': {
      const options = issue.options.map(String);
      const nearest = nearestName(String(valueAt(given, issue.path)), options);
      return `Configuration: '${key}' is ${value}; allowed are ${options.join(', ')}.${nearest ? ` Did you mean '${nearest}'?` : ''}`;
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
      return `Configuration: '${key}' is ${value}; allowed is 'none' or augmentations joined by '_', out of ${strategyNames.join(', ')}.`;
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

/** Legal keys of the object schema at a path; in a union, those of the member the value chose. */
function keysAt(schema: z.ZodTypeAny, path: readonly (string | number)[], given: unknown): string[] {
  let inner: z.ZodTypeAny = schema;
  let value: unknown = given;
  const choose = () => {
    if (inner instanceof z.ZodDiscriminatedUnion) {
      const union = inner as z.ZodDiscriminatedUnion<string, z.ZodDiscriminatedUnionOption<string>[]>;
      inner = union.optionsMap.get((value as Record<string, z.Primitive>)[union.discriminator]) ?? inner;
    }
  };
  for (const key of path) {
    choose();
    if (inner instanceof z.ZodObject) inner = (inner.shape as Record<string, z.ZodTypeAny>)[key];
    value = (value as Record<string, unknown>)[key];
  }
  choose();
  return inner instanceof z.ZodObject ? Object.keys(inner.shape as object) : [];
}
