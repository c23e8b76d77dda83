/** A file appears under its name only when it is complete and on disk: whoever reads it finds the old one or the new one. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { askGuards } from './write-guard';

/**
 * Writes a file as a whole, in a folder that exists. Where the folder is guarded, its guard is asked last of all, right before
 * the file appears.
 * @param parts of the content, one after the other
 * @throws what the system says, or the guard; the old file is then as it was
 */
export function writeWhole(file: string, ...parts: (string | NodeJS.ArrayBufferView)[]): void {
  removeLeftovers(path.dirname(file));
  const temporary = `${file}${partialEnd({ host: hostname(), pid: process.pid })}`;
  try {
    const descriptor = openSync(temporary, 'w');
    try {
      for (const part of parts) writeFully(descriptor, typeof part === 'string' ? Buffer.from(part) : part);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    askGuards(file);
    renameSync(temporary, file);
  } catch (error) {
    tryToRemove(temporary);
    // Whoever took the folder over has removed the unfinished file: the guard knows better than the system why it is gone.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') askGuards(file);
    throw error;
  }
}

/** After an error, which is the one to tell. */
function tryToRemove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The next process that writes there removes it.
  }
}

function writeFully(descriptor: number, part: NodeJS.ArrayBufferView): void {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

interface Writer {
  host: string;
  pid: number;
}

/** How the names of a process's unfinished files end: always the same, so that the next one replaces what a kill left. */
function partialEnd({ host, pid }: Writer): string {
  return `.${host}-${pid}.partial`;
}

/**
 * Removes what a process has begun to write in a folder, at any depth. Where it still lives, suspended, none of these files will
 * appear under its name any more.
 */
export function removeUnfinished(folder: string, writer: Writer): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith(partialEnd(writer))) rmSync(path.join(folder, name), { force: true });
  }
}

/** Folders that were looked through: once for each process, since a listing grows with the files in a folder. */
const tidied = new Set<string>();

/** Removes what processes of this machine that were killed had begun to write in a folder. */
function removeLeftovers(folder: string): void {
  const key = path.resolve(folder);
  if (tidied.has(key)) return;
  const begin = `.${hostname()}-`;
  for (const name of readdirSync(folder)) {
    const pid = Number(name.slice(name.lastIndexOf(begin) + begin.length, -'.partial'.length));
    if (!Number.isInteger(pid) || !name.endsWith(partialEnd({ host: hostname(), pid }))) continue;
    if (!isRunning(pid)) rmSync(path.join(folder, name), { force: true });
  }
  tidied.add(key);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
