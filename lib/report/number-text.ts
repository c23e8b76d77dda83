/** Numbers as tables write them. */

/** To a number of digits after the point. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** With its sign, which what rounds to zero has not: '+1.3', '-0.2', '0.0'. */
export function signedText(value: number, digits: number): string {
  const short = rounded(value, digits);
  return `${short > 0 ? '+' : ''}${(short === 0 ? 0 : short).toFixed(digits)}`;
}

/** E.g. '37.1 to 39.4'. */
export function intervalText({ low, high }: { low: number; high: number }, text: (value: number) => string): string {
  return `${text(low)} to ${text(high)}`;
}

const outside = 'outside of what was measured';

/** The same of an interval whose ends may lie outside of what was measured: these are undefined. */
export function openIntervalText(
  { low, high }: { low?: number; high?: number },
  text: (value: number) => string,
): string {
  if (low === undefined && high === undefined) return `${outside} on both sides`;
  return `${low === undefined ? outside : text(low)} to ${high === undefined ? outside : text(high)}`;
}
