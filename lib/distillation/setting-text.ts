/** Settings of a configuration as they are written on a command line: `optimisers.bases.learningRate=3`. */

/** Numbers and true or false as such, everything else as text. */
export function plainValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/**
 * Sets what a path leads to, e.g. ['optimisers', 'bases', 'learningRate'].
 * @throws RangeError where a part of the path has a value of its own already
 */
export function setAtPath(input: Record<string, unknown>, path: string[], value: unknown): void {
  let record = input;
  for (const [depth, key] of path.entries()) {
    if (depth === path.length - 1) return define(record, key, value);
    if (!Object.hasOwn(record, key)) define(record, key, {});
    const inner = record[key];
    if (typeof inner !== 'object' || inner === null) {
      const outer = path.slice(0, depth + 1).join('.');
      throw new RangeError(
        `'${path.join('.')}' cannot be set: '${outer}' is ${String(inner)} by another option; give one or the other.`,
      );
    }
    record = inner as Record<string, unknown>;
  }
}

/** A plain assignment to '__proto__' would set no key. */
function define(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}
