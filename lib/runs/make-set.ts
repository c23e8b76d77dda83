/** The first half of a run: a training set, made or returned as stored. */
import { existsSync } from 'node:fs';
import { requireEnoughImages, type Configuration } from '../distillation/configuration';
import { clearDeadHolder } from '../files/lock';
import { writeSealed } from '../files/sealed-json';
import type { PreparedDataset } from '../data/image-source';
import type { RunContext } from './context';
import { setPlace, type RunKind } from './identity';
import { readIdentity, readSetResult, setFiles, type RunPlace, type SetResult } from './run-files';
import { inSession, type Session } from './session';

/** A training set that is done. */
export interface MadeSet extends RunPlace {
  kind: RunKind;
  /** Of its configuration. */
  network: Configuration['network'];
  result: SetResult;
}

export interface SetTask {
  kind: RunKind;
  configuration: Configuration;
  /** Throws where the work could not be begun, before anything is written. */
  check?: (data: PreparedDataset) => void;
  /** Makes the set and writes its files. @returns floats that it stores */
  work: (session: Session) => Promise<number>;
}

/** Makes a training set; or goes on where it stopped; or returns what is stored. */
export async function makeSet({ kind, configuration, check, work }: SetTask, context: RunContext): Promise<MadeSet> {
  const { data, options } = context;
  const source = { kind, configuration, dataChecksum: data.checksum };
  const place = setPlace(source, options.runs);
  const { folder, hash } = place;
  const made = (result: SetResult): MadeSet => ({ ...place, kind, network: configuration.network, result });
  const stored = readSetResult(place);
  if (stored) {
    readIdentity(folder);
    await clearDeadHolder(folder);
    return made(stored);
  }
  if (kind !== 'full')
    requireEnoughImages(
      configuration,
      data.train.indicesOfClass.map(({ length }) => length),
    );
  check?.(data);
  return inSession(place, context, async (session) => {
    const meanwhile = readSetResult(place);
    if (meanwhile) return made(meanwhile);
    const { configuration: file, result: resultFile } = setFiles(folder);
    if (existsSync(file)) readIdentity(folder);
    else writeSealed(file, hash, source);
    const storedFloats = await work(session);
    const result: SetResult = {
      storedFloats,
      imagesPerClass: storedFloats / (data.train.classCount * imageFloats(data)),
      seconds: session.recordTime(),
      peakBytes: process.resourceUsage().maxRSS * 1024,
    };
    writeSealed(resultFile, hash, result);
    return made(result);
  });
}

/** Of one image. */
export function imageFloats({ train }: PreparedDataset): number {
  return train.imageShape.reduce((product, side) => product * side, 1);
}
