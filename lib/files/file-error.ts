/** Sentences for what the file system refuses: the path, the reason, what to do. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

export interface WriteAdvice {
  /**
   * How the user names another place for what is written, e.g. '--data FOLDER, or HABA_DATA'. Left out, the sentence names no
   * option.
   */
  instead?: string;
}

/**
 * Runs an action that writes a file, or files in a folder.
 * @throws Error that says what to do, where the disk is full or the place cannot be written; anything else as it is
 */
export function writing<T>(target: string, action: () => T, advice: WriteAdvice = {}): T {
  try {
    return action();
  } catch (error) {
    throw explainWriteError(error, target, advice);
  }
}

/** Makes a folder and those above it, as {@link writing}. */
export function makeFolder(folder: string, advice: WriteAdvice = {}): void {
  const make = () => {
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      // On a read-only file system Node calls the folder missing; the one it would lie in knows better.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') accessSync(nearestFolder(folder), constants.W_OK);
      throw error;
    }
  };
  writing(folder, make, advice);
}

function nearestFolder(folder: string): string {
  return existsSync(folder) ? folder : nearestFolder(path.dirname(folder));
}

/** See {@link writing}. */
export function explainWriteError(error: unknown, target: string, { instead }: WriteAdvice = {}): unknown {
  const reason = reasonOf(error as NodeJS.ErrnoException, target, instead === undefined ? '' : ` (${instead})`);
  return reason === undefined ? error : new Error(reason, { cause: error });
}

function reasonOf({ code, path: place, dest }: NodeJS.ErrnoException & { dest?: string }, target: string, how: string) {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `No space is left to write ${target}. What was written before it is whole: free some space (npm run haba -- runs list shows what runs take) and start the same again; what is stored is not done again.`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${target} cannot be written: its folder is read-only here. Choose another folder${how}, or change its permissions.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `${target} cannot be written: a file stands where a folder is needed. Move it away, or choose another folder${how}.`;
    case 'EISDIR':
    case 'ERR_FS_EISDIR':
      return `${dest ?? place ?? target} is a folder; a file is expected there. Move it away, or choose another folder${how}.`;
    case 'ENAMETOOLONG':
      return `${target} cannot be written: its name is longer than this file system allows. Choose another folder${how}, of a shorter name.`;
    case 'EMFILE':
      return `${target} cannot be written: this process has as many files open as it may (ulimit -n shows how many). Raise that limit, or do less at a time.`;
    case 'ENFILE':
      return `${target} cannot be written: this machine has as many files open as it may. End other programs, and start the same again.`;
    default:
      return undefined;
  }
}
