/** The memory that this process may take: the machine's, or what a container, or a job of a cluster, is given of it. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';

export interface MemoryLimit {
  /** Of the machine. */
  machineBytes: number;
  /** What may be taken: as the machine, or less. */
  bytes: number;
}

/** @param root before all paths of the system that are read, for tests. Default: nothing */
export function memoryLimit(root = ''): MemoryLimit {
  const machineBytes = totalmem();
  // 0, or more than any machine has, where nothing is limited.
  const limit = process.constrainedMemory() || machineBytes;
  return { machineBytes, bytes: Math.min(machineBytes, limit, grantedBytes(root)) };
}

/**
 * The least that the process's control group and those around it grant: a job of a cluster is limited by a group around those of its
 * tasks, which Node does not look at. In a container the path of the group may be the host's, which is not there: then the container's
 * own group, at the top, counts.
 */
function grantedBytes(root: string): number {
  const top = `${root}/sys/fs/cgroup`;
  const versions = { second: [top, 'memory.max'], first: [`${top}/memory`, 'memory.limit_in_bytes'] } as const;
  const limits = Object.values(versions).map(([tree, name]) => bytesIn(path.join(tree, name)));
  // '0::/path' in version 2, '4:memory:/path' in version 1.
  for (const line of textOf(`${root}/proc/self/cgroup`).split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (group === undefined || (controllers !== '' && !controllers.split(',').includes('memory'))) continue;
    const [tree, name] = versions[controllers === '' ? 'second' : 'first'];
    for (let around = group; around !== path.dirname(around); around = path.dirname(around)) {
      limits.push(bytesIn(path.join(tree, around, name)));
    }
  }
  return Math.min(...limits);
}

/** No limit is 'max' in version 2, and more than any machine has in version 1. */
function bytesIn(file: string): number {
  const bytes = Number(textOf(file).trim() || Number.NaN);
  return bytes > 0 ? bytes : Infinity;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Bytes that may be taken now: what is free on the machine, and in the container where there is one. */
export function freeMemory(): number {
  const { machineBytes, bytes } = memoryLimit();
  return bytes < machineBytes ? Math.min(freemem(), bytes - process.memoryUsage().rss) : freemem();
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
