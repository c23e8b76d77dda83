/** What is known of a distilled set's file beside it: the accuracy of the students that its run trained. */
import path from 'node:path';
import { summariseAccuracy, type Accuracy } from '../evaluation/evaluation';
import type { DistilledFile } from './distilled-file';
import { studentsPlace } from './identity';
import { readStudents } from './run-files';

/**
 * Accuracy of the students of the set's own configuration.
 * @param file the set's, where its run left it
 * @returns undefined where the file lies elsewhere, or no student is trained yet
 */
export function recordedAccuracy(
  file: string,
  { run, configuration }: Pick<DistilledFile, 'run' | 'configuration'>,
): Accuracy | undefined {
  const place = { folder: path.dirname(file), hash: run, network: configuration.network };
  const students = readStudents(studentsPlace(place, configuration));
  return students.length === 0 ? undefined : summariseAccuracy(students.map(({ accuracy }) => accuracy));
}
