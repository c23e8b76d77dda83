/** A session: one process holds a run's folder, records what it computes with, and lets go. */
import path from 'node:path';
import { makeFolder } from '../files/file-error';
import { describeHolder, takeLock, type Lock } from '../files/lock';
import { writeSealed } from '../files/sealed-json';
import { describeEnvironment } from '../machine/environment';
import { useBackend } from '../tensor/backend';
import { RunStopped, type RunContext } from './context';
import { readSessions, type RunPlace } from './run-files';

export interface Session extends RunContext, RunPlace {
  /** Aborts when the run is asked to stop, and when another process has taken the folder over. */
  signal: AbortSignal;
  /** Writes down how long all sessions have taken, this one included. @returns these seconds */
  recordTime(): number;
}

/**
 * Takes the lock of a run's folder for some work.
 * @param work is given the session; it finds out by itself whether another process did the work meanwhile
 * @throws RunStopped after an interrupt, LockLost where another process took the folder over
 */
export async function inSession<T>(
  place: RunPlace,
  context: RunContext,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { folder } = place;
  const { progress, signal } = context;
  let lock: Lock | undefined;
  try {
    makeFolder(folder, instead);
    lock = await takeLock(folder, {
      signal,
      onWait: (holder) => progress.note(`${describeHolder(folder, holder)} Waiting for it.`, 'news'),
    });
    const either = AbortSignal.any([signal, lock.lost]);
    return await inTime(place, (recordTime) => work({ ...context, ...place, signal: either, recordTime }));
  } catch (error) {
    if (lock?.lost.aborted) throw lock.lost.reason;
    if (!signal.aborted || error instanceof RunStopped) throw error;
    throw new RunStopped(`Stopped; what was done is kept in ${folder}. The same again goes on from there.`, {
      cause: error,
    });
  } finally {
    await lock?.release();
  }
}

/** What is advised where a run's files cannot be written. */
export const instead = { instead: '--runs DIR, or the option `runs`' };

/** Records the environment and the time of some work, however it ends. */
async function inTime<T>(place: RunPlace, work: (recordTime: () => number) => Promise<T>): Promise<T> {
  const earlier = readSessions(place);
  const environment = describeEnvironment(await useBackend());
  const began = performance.now();
  const recordTime = () => {
    const sessions = [...earlier, { ...environment, seconds: (performance.now() - began) / 1000 }];
    writeSealed(path.join(place.folder, 'environment.json'), place.hash, { sessions });
    return sessions.reduce((sum, { seconds }) => sum + seconds, 0);
  };
  recordTime();
  let result: T;
  try {
    result = await work(recordTime);
  } catch (error) {
    try {
      recordTime();
    } catch {
      // A full disk may be what ended the work: the error that did is the one to tell.
    }
    throw error;
  }
  recordTime();
  return result;
}
