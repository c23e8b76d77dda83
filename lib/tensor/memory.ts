/** The memory that this process may take: the machine's, or what a container, or a job of a cluster, is given of it. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';

export interface MemoryLimit {
  /** Of the machine. */
  machineBytes: number;
  /** What may be taken: as the machine, or less. */
  bytes: number;
}

export function memoryLimit(): MemoryLimit {
  const machineBytes = totalmem();
  // 0, or more than any machine has, where nothing is limited.
  const limit = process.constrainedMemory() || machineBytes;
  return { machineBytes, bytes: Math.min(machineBytes, limit) };
}

/** Bytes that may be taken now: what is free on the machine, and in the container where there is one. */
export function freeMemory(): number {
  const limit = process.constrainedMemory();
  // Without a limit, Node says 0, or more than any machine has.
  return limit > 0 ? Math.min(freemem(), limit - process.memoryUsage().rss) : freemem();
}

/** Bytes of this process that were resident at once, at most: since it began, or on Linux since its peak was set back. */
export function peakMemory(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  // What getrusage tells there may be of the program that started this one.
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))!;
  return Number(kibibytes) * 1024;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export function describeMemory({ machineBytes, bytes }: MemoryLimit): string {
  if (bytes === machineBytes) return gibibytes(bytes);
  return `${gibibytes(bytes)}, the limit of this container or job; the machine has ${gibibytes(machineBytes)}`;
}

/**
 * Says, before work begins, that it will need more than there is: the system would end it in its midst, without a word.
 * @param needed bytes, as estimated
 * @returns undefined where it fits
 */
export function memoryWarning(needed: number, limit: MemoryLimit = memoryLimit()): string | undefined {
  if (needed <= limit.bytes) return undefined;
  const whose = limit.bytes === limit.machineBytes ? 'this machine has' : 'this container or job is given';
  return (
    `This takes about ${gibibytes(needed)} of memory, and ${whose} ${gibibytes(limit.bytes)}: the system may end it without a word. ` +
    'Less takes a smaller batch (matching.realBatch, matching.studentBatch, evaluation.batchSize) or network.width, fewer images or ' +
    "bases, or, of trajectory matching, matching.unroll 'stepwise'."
  );
}
