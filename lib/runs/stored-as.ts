/** How a finished set was stored again, in another precision: part of the identity of what came of it, and of its file. */
import { z } from 'zod';
import { defaultGroups, precisions } from '../factorization/stored-precision';
import { parseOrExplain } from '../files/parse-or-explain';

export const storedAsSchema = z.object({
  /** Hash of the run whose set it was made from. */
  of: z.string().min(1),
  precision: z.enum(precisions),
  /** With 2 bits: groups of patches at most, and steps of refinement at their levels. */
  groups: z.number().int().min(1).max(4096).optional(),
  refinement: z.number().int().min(0).max(100_000).optional(),
});

export type StoredAs = z.infer<typeof storedAsSchema>;

/** What a person asks for. */
export interface StoreInput {
  /** 'float32', 'float16', 'int8', or 'int2'. */
  precision: StoredAs['precision'];
  /** With 'int2': groups of patches at most, each of which has its own levels. Default 64. */
  groups?: number;
  /** With 'int2': steps that move the images, at the levels of their groups, so that features of what they decode to stay. Default 500. */
  refinement?: number;
}

/** Complete; another key, or one that does not go with the precision, is refused. @throws RangeError */
export function storedAs(of: string, { precision, groups, refinement }: StoreInput): StoredAs {
  if (precision !== 'int2' && (groups !== undefined || refinement !== undefined)) {
    throw new RangeError(`'groups' and 'refinement' are for precision 'int2', not for '${precision}'; leave them out.`);
  }
  const only2Bits = precision === 'int2' ? { groups: groups ?? defaultGroups, refinement: refinement ?? 500 } : {};
  return parseOrExplain(
    storedAsSchema,
    { of, precision, ...only2Bits },
    (reason) => new RangeError(`store: ${reason}`),
  );
}
