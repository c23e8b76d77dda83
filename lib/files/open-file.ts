/** Opening what ought to be a file. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * Opens a file for reading.
 * @returns its descriptor; the caller closes it
 * @throws Error where a folder stands in its place; what the system says, e.g. ENOENT, where there is nothing
 */
export function openFile(path: string): number {
  const descriptor = openSync(path, 'r');
  if (fstatSync(descriptor).isDirectory()) {
    closeSync(descriptor);
    throw new Error(`${path} is a folder; a file is expected there.`);
  }
  return descriptor;
}

/** A text file's content, as {@link openFile}. */
export function readText(path: string): string {
  const descriptor = openFile(path);
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}
