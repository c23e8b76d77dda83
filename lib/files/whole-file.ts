/** A file appears under its name only when it is complete and on disk: whoever reads it finds the old one or the new one. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';

/** @param parts of the content, one after the other */
export function writeWhole(file: string, ...parts: (string | NodeJS.ArrayBufferView)[]): void {
  removeLeftovers(file);
  const temporary = `${file}.${hostname()}-${process.pid}.partial`;
  const descriptor = openSync(temporary, 'w');
  try {
    for (const part of parts) writeFully(descriptor, typeof part === 'string' ? Buffer.from(part) : part);
    fsyncSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(descriptor);
  renameSync(temporary, file);
}

function writeFully(descriptor: number, part: NodeJS.ArrayBufferView): void {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

/** What a process of this machine that was killed had begun to write under this name. */
function removeLeftovers(file: string): void {
  const folder = path.dirname(file);
  const begin = `${path.basename(file)}.${hostname()}-`;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(begin) || !name.endsWith('.partial')) continue;
    if (!isRunning(Number(name.slice(begin.length, -'.partial'.length)))) {
      rmSync(path.join(folder, name), { force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
