/** Asks a process of its own to measure, and takes what it says. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { habaProgram } from '../../experiments/program';
import { measurementSchemas, type ExpertMeasurement, type RunMeasurement } from './measurement';
import type { MeasureEvent, MeasureRequest } from './process';

/** Thrown where a process was ended by the system, or by somebody. */
export class ProcessKilled extends Error {
  override name = 'ProcessKilled';
}

interface Hooks {
  onNote: (message: string) => void;
  /** Ends the process. */
  signal: AbortSignal;
}

/** @throws ProcessKilled where the process was; Error in a sentence where it fails, or ends before it answers */
export async function measureApart(
  request: Omit<MeasureRequest, 'experts'>,
  { onNote, signal }: Hooks,
): Promise<RunMeasurement | ExpertMeasurement> {
  const experts = mkdtempSync(path.join(tmpdir(), 'haba-scaling-'));
  try {
    return await answerOf({ ...request, experts }, onNote, signal);
  } finally {
    rmSync(experts, { recursive: true, force: true });
  }
}

async function answerOf(request: MeasureRequest, onNote: Hooks['onNote'], signal: AbortSignal) {
  const { node, loader } = habaProgram();
  const child = spawn(node, ['--import', loader, path.join(__dirname, 'process.ts'), JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  let complaint = '';
  child.stderr.on('data', (part) => (complaint = (complaint + part).slice(-2000)));
  const ended = new Promise<string>((resolve) => {
    child.on('error', ({ message }) => resolve(message));
    child.on('close', (status, killedBy) => resolve(killedBy ? `by ${killedBy}` : `with status ${status}`));
  });
  let measured: unknown;
  for await (const line of createInterface({ input: child.stdout })) {
    const event = readEvent(line);
    if (event === undefined) continue;
    if ('failed' in event) complaint = event.failed;
    else if ('note' in event) onNote(event.note);
    else measured = event.measured;
  }
  const how = await ended;
  signal.throwIfAborted();
  if (measured !== undefined) return measurementSchemas[request.kind].parse(measured);
  if (how === 'by SIGKILL') throw new ProcessKilled('its process was ended by SIGKILL, as where memory runs out');
  throw new Error(complaint.trim().split('\n').at(-1) || `its process ended ${how}`);
}

/** @returns undefined for what libraries print */
function readEvent(line: string): MeasureEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as MeasureEvent;
  } catch {
    return undefined;
  }
}
