/** Who may no longer write in a folder is stopped there, whichever part of the program writes. */
import path from 'node:path';

const guards = new Map<string, () => void>();

/**
 * Has every file in a folder, at any depth, written by `writeWhole` or appended to by `openJsonLines`, ask first.
 * @param check throws where this process may no longer write
 * @returns ends it
 */
export function guardWrites(folder: string, check: () => void): () => void {
  const key = path.resolve(folder);
  guards.set(key, check);
  return () => {
    if (guards.get(key) === check) guards.delete(key);
  };
}

/** Asks all guards of the folders that a file lies in. @throws what they throw */
export function askGuards(file: string): void {
  if (guards.size === 0) return;
  for (let folder = path.dirname(path.resolve(file)); ; folder = path.dirname(folder)) {
    guards.get(folder)?.();
    if (folder === path.dirname(folder)) return;
  }
}
