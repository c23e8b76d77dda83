/** Students that a verification has trained, kept until it is whole: interrupted, the same again goes on after them. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { StudentResult } from '../evaluation/evaluation';
import { hashOf } from '../files/canonical-json';
import { makeFolder } from '../files/file-error';
import { digestOfFile } from '../files/file-digest';
import { openJsonLines } from '../files/json-lines';
import { resultsFolder } from '../files/results-folder';
import type { Environment } from '../machine/environment';
import type { ProgressReporter } from '../terminal/progress';
import { readStudents, studentsFiles } from './run-files';

export interface VerifiedStudentsStore {
  /** How many there are of all runs. */
  readonly count: number;
  /** Those of a folder of students, by the name of its run and its own. */
  of(run: string, students: string): KeptStudents;
  /** When nothing of it is needed any more. */
  remove(): void;
}

export interface KeptStudents {
  /** From the first on. */
  done: StudentResult[];
  /** Keeps the next. */
  add(result: StudentResult): void;
  close(): void;
}

interface StoreOptions {
  environment: Environment;
  progress: ProgressReporter;
}

/**
 * In `results/verifications/`. What was trained with other code, on another processor or with other threads is not used. Two who
 * verify one bundle at once do not disturb each other: each has a file of its own, and the last one's is what is kept.
 */
export async function openVerifiedStudents(
  archive: string,
  { environment, progress }: StoreOptions,
): Promise<VerifiedStudentsStore> {
  const { digest } = await digestOfFile(archive, 'sha256');
  const folder = resultsFolder('verifications', digest.slice(0, 16));
  const { device, threads, backend, tensorflow, haba, commit, modified } = environment;
  const computedBy = { device, threads, backend, tensorflow, haba, commit, modified };
  let count = 0;
  return {
    get count() {
      return count;
    },
    of(run, students) {
      const hash = hashOf({ digest, computedBy, run, students }, 16);
      const place = { folder: path.join(folder, hash), hash };
      const { results } = studentsFiles(place.folder);
      let done: StudentResult[];
      try {
        done = readStudents(place);
      } catch {
        progress.note(`${results} is damaged: what it kept of an interrupted verification is computed again.`, 'news');
        rmSync(results, { force: true });
        done = [];
      }
      makeFolder(place.folder, { instead: 'HABA_RESULTS' });
      const lines = openJsonLines(results, { identity: hash });
      count += done.length;
      return {
        done,
        add(result) {
          lines.append(result);
          lines.flush();
          count += 1;
        },
        close: () => lines.close(),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
