/** The first half of a run: a training set, made or returned as stored. */
import { existsSync } from 'node:fs';
import { requireEnoughImages, type Configuration } from '../distillation/configuration';
import { realImagesLedger, type Ledger } from '../factorization/ledger';
import { clearDeadHolder } from '../files/lock';
import { writeSealed } from '../files/sealed-json';
import type { PreparedDataset } from '../data/image-source';
import type { RunContext } from './context';
import { distilledLedger } from './distilled-file';
import { setPlace, type ImportedSource } from './identity';
import { readIdentity, readSetResult, setFiles, type RunPlace, type SetResult } from './run-files';
import { isOfClasses, type RunKind } from './run-kinds';
import { inSession, type Session } from './session';
import type { StoredAs } from './stored-as';

/** A training set that is done. */
export interface MadeSet extends RunPlace {
  kind: RunKind;
  /** Of its configuration. */
  network: Configuration['network'];
  /** Of the kind 'stored'. */
  stored?: StoredAs;
  /** Of a set as it was within its distillation, whose own place this is: the iteration, and the folder of the run. */
  snapshot?: { iteration: number; run: string };
  result: LedgeredResult;
}

export type LedgeredResult = SetResult & { ledger: Ledger };

/** @typeParam Begun what the work is done with */
export interface SetTask<Begun = undefined> {
  kind: RunKind;
  configuration: Configuration;
  /** With the kind 'imported'. */
  imported?: ImportedSource;
  /** Of the kind 'stored'. */
  stored?: StoredAs;
  /**
   * What the work is done with, where the set is not there yet: it makes first what the work needs and others do, too, and throws where
   * something is lacking, before anything is written. Default: nothing.
   */
  begin?: () => Promise<Begun>;
  /** What that took when it was made: it counts as the set's, whichever run made it. Default 0. */
  secondsBefore?: (begun: Begun) => number;
  /** Makes the set and writes its files. @returns what it costs to store */
  work: (session: Session, begun: Begun) => Promise<Ledger>;
  /** Lets go of what was begun, however the work ended. */
  end?: (begun: Begun) => void;
}

/** Makes a training set; or goes on where it stopped; or returns what is stored. */
export async function makeSet<Begun = undefined>(task: SetTask<Begun>, context: RunContext): Promise<MadeSet> {
  const { kind, configuration, imported, stored: storedAs } = task;
  const { data, options } = context;
  const source = {
    kind,
    configuration,
    dataChecksum: data.checksum,
    ...(imported ? { imported } : {}),
    ...(storedAs ? { stored: storedAs } : {}),
  };
  const place = setPlace(source, options.runs);
  const { folder, hash } = place;
  const made = (result: SetResult): MadeSet => ({
    ...place,
    kind,
    network: configuration.network,
    ...(storedAs ? { stored: storedAs } : {}),
    result: withLedger(result, { kind, configuration }, data),
  });
  const stored = readSetResult(place);
  if (stored) {
    readIdentity(folder);
    await clearDeadHolder(folder);
    return made(stored);
  }
  if (isOfClasses(kind) && kind !== 'imported')
    requireEnoughImages(
      configuration,
      data.train.indicesOfClass.map(({ length }) => length),
    );
  const begun = (await task.begin?.()) as Begun;
  try {
    return await inSession(place, context, async (session) => {
      const meanwhile = readSetResult(place);
      if (meanwhile) return made(meanwhile);
      const { configuration: file, result: resultFile } = setFiles(folder);
      if (existsSync(file)) readIdentity(folder);
      else writeSealed(file, hash, source);
      const ledger = await task.work(session, begun);
      const result: SetResult = {
        storedFloats: ledger.floats,
        imagesPerClass: ledger.imagesPerClass,
        ledger,
        seconds: session.recordTime() + (task.secondsBefore?.(begun) ?? 0),
        peakBytes: process.resourceUsage().maxRSS * 1024,
      };
      writeSealed(resultFile, hash, result);
      return made(result);
    });
  } finally {
    task.end?.(begun);
  }
}

/** A result with its ledger; that of a run of before there was one follows from its configuration. */
export function withLedger(
  result: SetResult,
  { kind, configuration }: Pick<SetTask, 'kind' | 'configuration'>,
  data: PreparedDataset,
): LedgeredResult {
  const { imageShape, classCount } = data.train;
  const shape = { imageShape, classCount };
  const computed = () =>
    kind === 'distillation'
      ? distilledLedger(configuration, shape)
      : realImagesLedger(result.storedFloats / imageFloats(data), shape);
  return { ...result, ledger: result.ledger ?? computed() };
}

/** Of one image. */
export function imageFloats({ train }: PreparedDataset): number {
  return train.imageShape.reduce((product, side) => product * side, 1);
}
