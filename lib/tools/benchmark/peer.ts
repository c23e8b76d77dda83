/** Another program that runs the same rows: one JSON object a line there, one back. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const helloSchema = z.object({
  version: z.string(),
  device: z.enum(['CPU', 'GPU']).default('CPU'),
  rows: z.array(z.string()),
});
const replySchema = z.union([
  z.object({ milliseconds: z.number().nonnegative() }),
  z.object({ peakBytes: z.number().nonnegative() }),
  z.object({ absent: z.string() }),
]);

export interface PeerRequest {
  row: string;
  mode: 'eager' | 'compile' | 'memory';
}

export interface Peer {
  /** Of what computes there. */
  version: string;
  device: 'CPU' | 'GPU';
  rows: string[];
  /** @returns the time or memory of one repetition; undefined where the peer has no such row or mode */
  measure(request: PeerRequest): Promise<number | undefined>;
  close(): void;
}

/**
 * Starts a peer. @param command program and arguments
 * @throws Error with the peer's own complaint when it does not start
 */
export async function startPeer(
  [program, ...given]: string[],
  environment: Record<string, string> = {},
): Promise<Peer> {
  const child = spawn(program, given, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const next = linesOf(child, program);
  const { version, device, rows } = helloSchema.parse(JSON.parse(await next()));
  return {
    version,
    device,
    rows,
    async measure({ row, mode }) {
      if (!rows.includes(row)) return undefined;
      child.stdin.write(`${JSON.stringify({ row, mode })}\n`);
      const reply = replySchema.parse(JSON.parse(await next()));
      if ('milliseconds' in reply) return reply.milliseconds;
      return 'peakBytes' in reply ? reply.peakBytes : undefined;
    },
    close: () => child.stdin.end(),
  };
}

/** Asks for the next line of a program's output. */
function linesOf(child: ChildProcess, program: string): () => Promise<string> {
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let complaints = '';
  let failure = '';
  child.stderr!.on('data', (part) => (complaints = (complaints + part).slice(-2000)));
  child.on('error', (error) => (failure = error.message));
  return async () => {
    const line = await lines.next();
    if (!line.done) return line.value;
    await new Promise(setImmediate);
    const reason = failure || complaints.trim().split('\n').at(-1) || 'it ended without a word';
    throw new Error(`The peer ${program} does not answer: ${reason}`);
  };
}
