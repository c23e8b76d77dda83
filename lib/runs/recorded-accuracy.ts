/** What is known of a distilled set's file beside it: the accuracy of the students that its run trained. */
import path from 'node:path';
import { summariseAccuracy, type Accuracy } from '../evaluation/evaluation';
import type { DistilledFile } from './distilled-file';
import { studentsHash, studentsName } from './identity';
import { readStudents, setFiles } from './run-files';

/**
 * Accuracy of the students of the set's own configuration.
 * @param file the set's, where its run left it
 * @returns undefined where the file lies elsewhere, or no student is trained yet
 */
export function recordedAccuracy(
  file: string,
  { run, configuration }: Pick<DistilledFile, 'run' | 'configuration'>,
): Accuracy | undefined {
  const hash = studentsHash(run, configuration);
  const folder = path.join(setFiles(path.dirname(file)).students, `${studentsName(configuration)}-${hash}`);
  const students = readStudents({ folder, hash });
  return students.length === 0 ? undefined : summariseAccuracy(students.map(({ accuracy }) => accuracy));
}
