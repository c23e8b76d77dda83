/** What a schema has against a value, as a part of a sentence. */
import type { z } from 'zod';
import { oneLine } from './one-line';

/**
 * The value as its schema has it.
 * @param refuse makes the error of the first thing that is wrong, e.g. `'accuracy.mean': Expected number, received string`
 * @throws what `refuse` makes
 */
export function parseOrExplain<Value>(
  schema: z.ZodType<Value, z.ZodTypeDef, unknown>,
  value: unknown,
  refuse: (reason: string) => Error,
): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0];
  throw refuse(oneLine(path.length === 0 ? message : `'${path.join('.')}': ${message}`));
}
