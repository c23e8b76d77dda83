/** Sentences for what the file system refuses: the path, the reason, what to do. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Runs an action that writes a run's files.
 * @throws Error that says what to do, where the disk is full or the place cannot be written; anything else as it is
 */
export function writing<T>(target: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explainWriteError(error, target);
  }
}

/** Makes a folder and those above it, as {@link writing}. */
export function makeFolder(folder: string): void {
  writing(folder, () => {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      // On a read-only file system Node calls the folder missing; the one it would lie in knows better.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') accessSync(nearestFolder(folder), constants.W_OK);
      throw error;
    }
  });
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}

/** See {@link writing}. */
export function explainWriteError(error: unknown, target: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Error(
        `No space is left to write ${target}. What was written before it is whole: free some space (npm run haba -- runs list shows sizes) and start the same again; it goes on from there.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new Error(
        `${target} cannot be written: its folder is read-only here. Choose another folder for runs (--runs DIR, or the option \`runs\`), or change its permissions.`,
        { cause: error },
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new Error(`${target} cannot be written: a file stands where a folder is needed.`, { cause: error });
    default:
      return error;
  }
}
