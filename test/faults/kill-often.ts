/** Kills a program again and again, at random moments, and lets it go on: what it ends in must be what it ends in undisturbed. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../lib/tensor/random';
import { differences, type Content } from './content';

/** A program that goes on where it was stopped. */
export interface Victim {
  name: string;
  start: () => ChildProcess;
  /** Changes when a session has begun to work, rather than to start. */
  mark: () => string | number;
  /** Milliseconds of work after which a session is killed at the latest. */
  longest: number;
  /** Everything the program leaves behind, without what may differ (times). */
  content: () => Content;
  /** Removes what it left behind. */
  reset: () => void;
  /** After a kill: throws where a file under its final name is not whole. @param whole what an undisturbed run leaves */
  inspect?: (whole: Content) => void;
  /** After a kill: how much the next session does again. */
  repeated?: () => number;
}

export interface KillReport {
  name: string;
  kills: number;
  /** Kills after which the program went on, and ended in the content of an undisturbed run. */
  survived: number;
  /** Times it was brought to its end. */
  ends: number;
  /** Done again after kills, in the program's own units. */
  repeated: number;
  /** Of an undisturbed run, missing or different in the end. */
  bytesLost: number;
  /** Files that an undisturbed run does not leave. */
  leftoverBytes: number;
  reasons: string[];
}

export async function killOften(victim: Victim, kills: number, random: Random): Promise<KillReport> {
  const report: KillReport = {
    name: victim.name,
    kills: 0,
    survived: 0,
    ends: 0,
    repeated: 0,
    bytesLost: 0,
    leftoverBytes: 0,
    reasons: [],
  };
  victim.reset();
  const { startUp } = await session(victim, () => Infinity);
  const whole = victim.content();
  victim.reset();

  let pending = 0;
  const judgeEnd = (failure?: string) => {
    const { lost, extra, names } = differences(whole, victim.content());
    report.ends += 1;
    report.bytesLost += lost;
    report.leftoverBytes += extra;
    if (failure === undefined && names.length === 0) report.survived += pending;
    else report.reasons.push(failure ?? `another content than undisturbed: ${names.join(', ')}`);
    pending = 0;
    victim.reset();
  };
  while (report.kills < kills) {
    // One in five while it starts, the others at work.
    const early = random.integer(5) === 0;
    const moment = early ? random.number(0, startUp) : random.number(0, victim.longest);
    const { killed, failure } = await session(victim, (working) => (working || early ? moment : Infinity), early);
    if (!killed) {
      judgeEnd(failure);
      continue;
    }
    report.kills += 1;
    pending += 1;
    report.repeated += victim.repeated?.() ?? 0;
    try {
      victim.inspect?.(whole);
    } catch (error) {
      report.reasons.push((error as Error).message);
    }
  }
  const { failure } = await session(victim, () => Infinity);
  judgeEnd(failure);
  return report;
}

interface SessionEnd {
  killed: boolean;
  /** What a session that failed by itself said. */
  failure?: string;
  /** Milliseconds from start to work. */
  startUp: number;
}

/** @param patience milliseconds to live on, before work begins and from then on */
async function session(
  { start, mark }: Victim,
  patience: (working: boolean) => number,
  early = false,
): Promise<SessionEnd> {
  const before = mark();
  const began = performance.now();
  const child = start();
  let said = '';
  child.stderr?.on('data', (part: Buffer) => (said = (said + part.toString()).slice(-2000)));
  child.stdout?.resume();
  let status: number | null | undefined;
  const ended = new Promise<void>((resolve) =>
    child.on('close', (code) => {
      status = code;
      resolve();
    }),
  );
  let from = began;
  let working = false;
  let killed = false;
  while (status === undefined) {
    if (!working && mark() !== before) {
      working = true;
      if (!early) from = performance.now();
    }
    if (!killed && performance.now() - from > patience(working)) killed = child.kill('SIGKILL');
    await Promise.race([ended, sleep(working ? 5 : 20)]);
  }
  const startUp = from - began;
  if (killed) return { killed, startUp };
  return { killed, startUp, failure: status === 0 ? undefined : `it ended with ${status}: ${said.trim()}` };
}
