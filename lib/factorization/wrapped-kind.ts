/** What wrappers of kinds share: a kind of set that is made of another kind. */
import type { z } from 'zod';
import type { Parameterisation } from './parameterisation';

/** What a kind that is made of another is called. */
export interface WrappedNaming<Kind extends string> {
  kind?: Kind;
  label?: string;
}

/**
 * The options of a kind and those that a wrapper adds, which stand before `initialisation` where the kind has that: names of runs tell
 * options in this order.
 * @throws RangeError where the kind has an option of one of these names
 */
export function addOptions(
  wrapper: string,
  { kind, options }: Pick<Parameterisation, 'kind' | 'options'>,
  added: z.ZodRawShape,
): z.ZodRawShape {
  const taken = Object.keys(added).find((name) => Object.hasOwn(options, name));
  if (taken !== undefined) {
    throw new RangeError(
      `${wrapper}: the kind '${kind}' has an option '${taken}', which is one that this adds (${Object.keys(added).join(', ')}); call it otherwise, or leave this out.`,
    );
  }
  const { initialisation, ...others } = options;
  return { ...others, ...added, ...(initialisation && { initialisation }) };
}
