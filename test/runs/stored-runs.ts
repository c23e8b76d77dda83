/** Runs as they lie in a folder, written without making any: configurations of the library, students of given accuracies. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openJsonLines } from '../../lib/files/json-lines';
import { writeSealed } from '../../lib/files/sealed-json';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { setHash, setName, studentsPlace } from '../../lib/runs/identity';
import { setFiles, studentsFiles } from '../../lib/runs/run-files';
import type { RunKind } from '../../lib/runs/run-kinds';

export interface WrittenRun {
  kind?: Exclude<RunKind, 'stored' | 'imported'>;
  /** Of students; left out, none is trained. */
  accuracies?: number[];
}

/** @returns the folder's name */
export function writeRun(
  runs: string,
  input: ConfigurationInput,
  { kind = 'distillation', accuracies = [] }: WrittenRun = {},
): string {
  const configuration = configure({ profile: 'smoke', dataset: 'shapes', ...input });
  const source = { kind, configuration, dataChecksum: 'ab' };
  const hash = setHash(source);
  const folder = path.join(runs, `${setName(source)}-${hash}`);
  const files = setFiles(folder);
  mkdirSync(folder, { recursive: true });
  writeSealed(files.configuration, hash, source);
  writeSealed(files.result, hash, { storedFloats: 100, imagesPerClass: 1.5, seconds: 3, peakBytes: 9 });
  if (accuracies.length === 0) return path.basename(folder);
  const students = studentsPlace({ folder, hash, network: configuration.network }, configuration);
  mkdirSync(students.folder, { recursive: true });
  const { network, evaluation } = configuration;
  const recipe = { network, evaluation: { ...evaluation, students: undefined } };
  writeSealed(studentsFiles(students.folder).configuration, students.hash, recipe);
  const lines = openJsonLines(studentsFiles(students.folder).results, { identity: students.hash });
  for (const accuracy of accuracies) lines.append({ accuracy, images: 20, updates: 9, seconds: 2 });
  lines.close();
  return path.basename(folder);
}
