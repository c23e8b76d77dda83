/** What the commands share: whatever is thrown ends as a sentence, and so does output that cannot be written. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';

/** Runs a command with the arguments of this process; what fails is a sentence on stderr and an exit status. */
export function runCommand(program: Command): void {
  watchOutput();
  program.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    // 130 is what a shell reports of a program that Ctrl-C stopped.
    process.exitCode = error instanceof Error && error.name === 'RunStopped' ? 130 : 1;
  });
}

/** Output is the last that a command does: whatever it was to store is stored before. */
function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read it, as `head` does, has read enough.
    if (error.code === 'EPIPE') process.exit();
    // Node says 'ENOSPC: no space left on device, write'.
    const reason = /^\w+: (.*), write$/.exec(error.message)?.[1] ?? error.message;
    process.stderr.write(`The output cannot be written: ${reason}.\n`);
    process.exit(1);
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined);
}

/** Node says 'ENOENT: no such file or directory, open ...'. */
function sentenceOf(error: unknown): string {
  const { code, path: place } = error as NodeJS.ErrnoException;
  if (place !== undefined) {
    if (code === 'ENOENT') return `There is no file or folder ${place}.`;
    if (code === 'EISDIR') return `${place} is a folder; a file is expected there.`;
    if (code === 'ENOTDIR') return `${nearestPresent(place)} is a file; a folder is expected there.`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** What is there of a path that goes on below a file. */
function nearestPresent(place: string): string {
  return existsSync(place) ? place : nearestPresent(path.dirname(place));
}
