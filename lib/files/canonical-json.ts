import { createHash } from 'node:crypto';

/** JSON with keys in alphabetical order at every depth: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([first], [second]) => (first < second ? -1 : 1)))
      : inner,
  );
}

/** SHA-256 of a value as {@link canonicalJson}, in hexadecimal. @param digits of it, from the first. Default all */
export function hashOf(value: unknown, digits = 64): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, digits);
}
