/** Stamps: a step that is finished leaves the fingerprint of what it was made from, so that the next run can pass over it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Fingerprint of any number of texts. */
export function fingerprint(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part};`);
  return hash.digest('hex').slice(0, 16);
}

/** @returns {string | undefined} what was stamped, if anything */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Written under another name first: a stamp that exists is whole. */
export function stamp(file, value) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.partial`, value);
  renameSync(`${file}.partial`, file);
}
