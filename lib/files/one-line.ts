/**
 * What a file says, or a library says of it, as a part of a sentence: one line without control characters, cut where it grows
 * long.
 */
export function oneLine(text: string, longest = 300): string {
  // eslint-disable-next-line no-control-regex
  const line = text.slice(0, 2 * longest).replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}
