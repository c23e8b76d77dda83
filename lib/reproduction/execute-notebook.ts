/** A notebook, executed cell by cell through the real kernel, in a process of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { notebookName } from './notebook-file';

export interface ExecuteNotebookOptions {
  /** File that the executed notebook is written to; when a cell fails, as far as it came. */
  to: string;
  /** Added to the environment of the kernel, e.g. HABA_PROFILE. */
  environment?: Record<string, string>;
  /** Interrupts the cell that runs; what its run has done is kept. */
  signal?: AbortSignal;
  /** A code cell begins, counted from 1. */
  onCell?: (cell: number, of: number) => void;
  /** What the cell says last, e.g. 'distilling 30/300  loss 0.31'. */
  onLine?: (line: string) => void;
}

/** Thrown when a cell fails. */
export class NotebookFailed extends Error {
  override name = 'NotebookFailed';
}

/** Thrown when the signal stopped it. */
export class NotebookStopped extends Error {
  override name = 'NotebookStopped';
}

/** What setup/execute-notebook.py says in a line of JSON. */
const eventSchema = z.object({
  cell: z.number().optional(),
  of: z.number().optional(),
  line: z.string().optional(),
  failed: z.string().optional(),
});

/**
 * Executes `file` and writes it, with its outputs, to `options.to`; the file itself stays as it is.
 * @throws NotebookFailed naming the cell and its error
 * @throws NotebookStopped when the signal aborts
 * @throws Error where there is no environment to execute in
 */
export async function executeNotebook(file: string, options: ExecuteNotebookOptions): Promise<void> {
  const { to, environment = {}, signal, onCell, onLine } = options;
  const python = path.join('.venv', 'bin', 'python');
  if (!existsSync(python)) throw new Error(`There is no ${python} to execute notebooks with: npm run setup makes it.`);
  const child = spawn(python, [path.join('setup', 'execute-notebook.py'), file, '--to', to, '--events'], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    // In a group of its own: Ctrl-C reaches this process alone, which passes it on once.
    detached: true,
  });
  const stop = () => void child.kill('SIGINT');
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  let [cell, cells, failure, complaints] = [0, 0, '', ''];
  child.stderr.on('data', (part) => (complaints += part));
  const events = createInterface({ input: child.stdout }).on('line', (text) => {
    const event = eventOf(text);
    // A library of Python printed it: perhaps the last thing that is heard of it.
    if (event === undefined) return void (complaints += `${text}\n`);
    if (event.cell !== undefined && event.of !== undefined) onCell?.((cell = event.cell), (cells = event.of));
    if (event.line) onLine?.(event.line);
    failure = event.failed ?? failure;
  });
  try {
    const said = new Promise((resolve) => events.on('close', resolve));
    const status = await new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('close', resolve),
    );
    await said;
    if (status === 0) return;
    const place = `${notebookName(file)}, cell ${cell} of ${cells}`;
    if (signal?.aborted) throw new NotebookStopped(`Stopped in ${place}.`);
    throw new NotebookFailed(`${place}: ${errorLine(failure) ?? (lastLine(complaints) || `it ended with ${status}`)}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** undefined for a line that is no event. */
function eventOf(text: string): z.infer<typeof eventSchema> | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The line of a stack that names the error, e.g. 'RangeError: ...', else its first line. */
export function errorLine(stack: string): string | undefined {
  const lines = stack.split('\n').map((line) => line.trim());
  return (
    lines.find((line) => /^(Uncaught )?(\w*Error|Run\w+)( \[\w+\])?:/.test(line)) ?? lines.find((line) => line !== '')
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
