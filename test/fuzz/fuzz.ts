/**
 * Feeds a reader hostile input, case by case. A case follows from seed, reader and number alone, and so can be run again.
 * It passes when the reader refuses with one clear sentence that names the file, or accepts a value that holds together.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Random } from '../../lib/tensor/random';
import { mutateBytes, pick } from './mutate';

/** A file that becomes hostile, while others beside it stay valid. */
export interface Target {
  file: string;
  /** Contents that the reader accepts. */
  valid: readonly Buffer[];
  /** Contents that lie in the format's own terms, e.g. a header whose checksum is right. */
  lies?: readonly ((random: Random) => Buffer)[];
  /** What an error must contain. Default: the file's path. */
  named?: string | RegExp;
}

export interface Subject {
  targets: readonly Target[];
  /** Reads; throws a {@link BadValue} when what was accepted does not hold together. */
  read: () => void | Promise<void>;
}

export interface Reader {
  name: string;
  /** Writes valid files to an empty folder. */
  setUp: (folder: string) => Subject | Promise<Subject>;
}

/** Said of an accepted value that makes no sense. */
export class BadValue extends Error {}

export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BadValue(what);
}

export interface FuzzOptions {
  cases: number;
  seed: number;
  /** Only this case. */
  only?: number;
  /** Told the number of each case before it runs. */
  onCase?: (number: number) => void;
}

export interface Failure {
  number: number;
  reason: string;
}

export interface FuzzReport {
  reader: string;
  cases: number;
  refused: number;
  accepted: number;
  /** Of processor time, which a busy machine does not lengthen. */
  worstMilliseconds: number;
  /** Largest growth of resident memory within a case; undefined where the system does not tell. */
  worstBytes?: number;
  failures: Failure[];
}

/** What a case may take at most; no input here has more than some hundred kilobytes. */
const limits = { milliseconds: 10_000, bytes: 768 * 2 ** 20 };

export async function fuzz(reader: Reader, { cases, seed, only, onCase }: FuzzOptions): Promise<FuzzReport> {
  const outer = mkdtempSync(path.join(tmpdir(), 'haba-fuzz-'));
  const folder = path.join(outer, 'folder');
  mkdirSync(folder);
  const report: FuzzReport = {
    reader: reader.name,
    cases: 0,
    refused: 0,
    accepted: 0,
    worstMilliseconds: 0,
    failures: [],
  };
  try {
    const { targets, read } = await reader.setUp(folder);
    const originals = targets.map(({ file }) => readFileSync(file));
    const present = listing(outer);
    for (const target of targets) await requireAccepted(reader.name, target, read);
    targets.forEach(({ file }, index) => writeFileSync(file, originals[index]));
    for (let number = only ?? 0; number < (only === undefined ? cases : only + 1); number++) {
      onCase?.(number);
      const random = Random.stream(seedOf(reader.name, seed, number), 'test');
      const index = random.integer(targets.length);
      const target = targets[index];
      writeFileSync(target.file, hostileContent(target, random));
      const outcome = await measure(read);
      writeFileSync(target.file, originals[index]);
      const reason = judge(outcome, target) ?? (listing(outer) === present ? undefined : 'files appeared or went');
      if (reason !== undefined) report.failures.push({ number, reason });
      report.cases += 1;
      report[outcome.error === undefined ? 'accepted' : 'refused'] += 1;
      report.worstMilliseconds = Math.max(report.worstMilliseconds, outcome.milliseconds);
      if (outcome.bytes !== undefined) report.worstBytes = Math.max(report.worstBytes ?? 0, outcome.bytes);
    }
  } finally {
    rmSync(outer, { recursive: true, force: true });
  }
  return report;
}

/** A harness whose valid input is refused tests nothing. */
async function requireAccepted(name: string, { file, valid }: Target, read: Subject['read']): Promise<void> {
  for (const content of valid) {
    writeFileSync(file, content);
    try {
      await read();
    } catch (error) {
      throw new Error(`${name}: valid input is refused: ${(error as Error).message}`, { cause: error });
    }
  }
}

function seedOf(reader: string, seed: number, number: number): number {
  return createHash('sha256').update(`${reader} ${seed} ${number}`).digest().readInt32LE(0);
}

function hostileContent({ valid, lies = [] }: Target, random: Random): Buffer {
  const lie = lies.length > 0 && random.integer(2) === 0;
  const content = lie ? pick(lies, random)(random) : pick(valid, random);
  // A lie may well be damaged besides.
  return lie && random.integer(4) > 0 ? content : mutateBytes(content, random);
}

interface Outcome {
  error?: unknown;
  milliseconds: number;
  bytes?: number;
}

async function measure(read: Subject['read']): Promise<Outcome> {
  const before = resident();
  forgetPeak();
  const began = process.cpuUsage();
  let error: unknown;
  try {
    await read();
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown');
  }
  const { user, system } = process.cpuUsage(began);
  const milliseconds = (user + system) / 1000;
  const peak = peakResident();
  return { error, milliseconds, bytes: peak === undefined ? undefined : Math.max(0, peak - before) };
}

/** What a programmer's mistake says, rather than a check of input. */
const crash =
  /Cannot read prop|is not a function|is not iterable|is not defined|Invalid (typed )?array length|Maximum call stack|\[object |undefined|heap|Array buffer allocation/i;

function judge({ error, milliseconds, bytes = 0 }: Outcome, { file, named = file }: Target): string | undefined {
  if (milliseconds > limits.milliseconds) return `it took ${Math.round(milliseconds)} ms of processor time`;
  if (bytes > limits.bytes) return `it took ${bytes} bytes`;
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return `what was thrown is a ${typeof error}`;
  const { message } = error;
  if (error instanceof BadValue) return `accepted, but ${message}`;
  const names = typeof named === 'string' ? message.includes(named) : named.test(message);
  if (!names) return `the error does not name what it is about: ${message}`;
  if (crash.test(message.replaceAll(file, ''))) return `the error is a crash: ${message}`;
  if (message.length > 2000 || message.includes('\n')) return `the error is no sentence: ${message.slice(0, 300)}`;
  return undefined;
}

/** Names of everything under a folder. */
function listing(folder: string): string {
  return readdirSync(folder, { recursive: true }).sort().join('\n');
}

function resident(): number {
  return process.memoryUsage.rss();
}

/** Linux: lets the highest resident memory be counted anew. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere nothing is counted.
  }
}

function peakResident(): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}
