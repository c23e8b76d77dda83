/** A finished set in another precision: a set like any other, in a folder of its own, whose students are trained again. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../distillation/checkpoint';
import type { Configuration } from '../distillation/configuration';
import type { DistillationState } from '../distillation/distillation';
import { refinement } from '../distillation/refinement';
import type { Ledger } from '../factorization/ledger';
import { decodeTensors, encodeTensors, imageLevels, type EncodeOptions } from '../factorization/stored-precision';
import { writing } from '../files/file-error';
import { createNetwork } from '../networks/create-network';
import { useBackend } from '../tensor/backend';
import { disposeAll, mapParameters, type Parameters } from '../tensor/parameters';
import { Random } from '../tensor/random';
import { inContext, type RunOptions } from './context';
import {
  groupsRandom,
  readDistilledSet,
  readResultsSet,
  writeDistilledSet,
  type DistilledFile,
} from './distilled-file';
import { makeSet } from './make-set';
import { withStudents, type OtherStudents } from './run';
import { advice, hashInName, setFiles } from './run-files';
import type { Session } from './session';
import { isDistilled } from './run-kinds';
import { storedAs, type StoredAs, type StoreInput } from './stored-as';
import { trainStudents, type RunResult } from './train-students';

/** Steps of refinement between checkpoints. */
const checkpointEvery = 50;

/**
 * Stores the set of a finished run in another precision, beside that run, and trains its students again: as many, as long and of
 * the same seeds. What is done is returned, what was interrupted goes on.
 * @throws RangeError for a precision that there is not, for real images, and for a set that is stored in another one already
 * @throws RunStopped after an interrupt
 */
export async function storeRun(
  { run, kind, configuration, snapshot }: Pick<RunResult, 'run' | 'kind' | 'configuration' | 'snapshot'>,
  input: StoreInput,
  options: RunOptions = {},
): Promise<RunResult> {
  if (!isDistilled(kind)) {
    throw new RangeError(
      `storeRun: ${run} holds real images (${kind}), which are counted at 8 bits as they are; give the result of a distillation.`,
    );
  }
  const read = () => readResultsSet({ run, snapshot });
  return store(read, () => configuration, input, { runs: path.dirname(run), ...options });
}

/**
 * The same for a set's file, wherever it lies; without `runs` beside the run in whose folder it lies, else among the runs.
 * @param students who differ from those recorded in the file
 */
export async function storeFile(
  file: string,
  input: StoreInput,
  options: RunOptions = {},
  students: OtherStudents = {},
): Promise<RunResult> {
  const folder = path.dirname(path.resolve(file));
  const read = () => readDistilledSet(file);
  const place = ({ run }: DistilledFile) =>
    hashInName(folder) === run ? { runs: path.dirname(folder), ...options } : options;
  return store(read, (distilled) => withStudents(distilled.configuration, students), input, place);
}

async function store(
  read: () => DistilledFile,
  configured: (distilled: DistilledFile) => Configuration,
  input: StoreInput,
  place: RunOptions | ((distilled: DistilledFile) => RunOptions),
): Promise<RunResult> {
  await useBackend();
  const distilled = read();
  try {
    requireAsDistilled(distilled);
    const stored = storedAs(distilled.run, input);
    const configuration = configured(distilled);
    const options = typeof place === 'function' ? place(distilled) : place;
    return await inContext(configuration, options, async (context) => {
      if (context.data.checksum !== distilled.dataChecksum) {
        context.progress.note(
          `The ${configuration.dataset} here is not byte for byte what the set was made from; its accuracy may differ a little.`,
        );
      }
      const work = async (session: Session) => {
        const { parameters, release } = await refined(distilled, stored, session);
        try {
          return writeDistilledSet(setFiles(session.folder).distilled, {
            parameters,
            method: distilled.method,
            configuration: distilled.configuration,
            data: dataOf(distilled),
            run: session.hash,
            stored,
            calibration: distilled.parameters,
          });
        } finally {
          release();
        }
      };
      const made = await makeSet({ kind: 'stored', configuration: distilled.configuration, stored, work }, context);
      context.progress.note(describe(made.result.ledger, distilled.ledger, stored), 'news');
      return trainStudents(made, configuration, context);
    });
  } finally {
    distilled.dispose();
  }
}

/** Rounding what is rounded would lose more than either precision says. */
function requireAsDistilled({ stored, snapshot }: DistilledFile): void {
  if (snapshot !== undefined) {
    throw new RangeError(
      `This set is the one that the run ${snapshot.of} had at iteration ${snapshot.iteration}; store that of a finished run.`,
    );
  }
  if (stored === undefined) return;
  throw new RangeError(
    `This set is stored at ${stored.precision} already, made from that of the run ${stored.of}; store that one instead.`,
  );
}

function dataOf({ classNames, dataChecksum, imageShape, statistics }: DistilledFile) {
  return {
    classNames,
    checksum: dataChecksum,
    train: { imageShape },
    statistics: () => mapParameters(statistics, (tensor) => tensor.clone()),
  };
}

/** E.g. 'int8: 2463168 bits for 307200 floats, 25.1 % of what they take as distilled; 10.02 real images of 8 bits per class'. */
function describe(ledger: Ledger, before: Ledger, { precision }: StoredAs): string {
  const share = ((100 * ledger.bits) / before.bits).toFixed(1);
  return `${precision}: ${ledger.bits} bits for ${ledger.floats} floats, ${share} % of what they take as distilled; ${ledger.realImagesPerClass.toFixed(2)} real images of 8 bits per class`;
}

/** What is to be stored, with 2 bits after its refinement. */
async function refined(
  distilled: DistilledFile,
  { precision, groups, refinement: steps = 0 }: StoredAs,
  session: Session,
): Promise<{ parameters: Parameters; release: () => void }> {
  const { set, parameters, configuration } = distilled;
  if (precision !== 'int2' || steps === 0) return { parameters, release: () => undefined };
  const { seed, network } = configuration;
  const { imageShape, classCount } = set;
  const encoding: EncodeOptions = { precision, groups: groups!, random: groupsRandom(configuration) };
  // What is no image is as it will be decoded.
  const rounded = decodeTensors(set.tensors, encodeTensors(set.tensors, parameters, encoding));
  const levels = imageLevels(set.tensors, parameters, encoding);
  const work = refinement({
    set,
    distilled: parameters,
    rounded,
    levels,
    network: createNetwork({ ...network, imageShape, classCount }),
    steps,
    random: Random.stream(seed, 'refinement'),
  });
  try {
    const images = await refine(work, steps, session);
    return { parameters: { ...parameters, ...images }, release: () => disposeAll(images) };
  } finally {
    work.dispose();
    disposeAll(rounded, ...Object.values(levels).map((one): Parameters => ({ ...one })));
  }
}

/** All steps that are left. @returns the images, which the caller disposes of */
async function refine(
  { start, step }: ReturnType<typeof refinement>,
  steps: number,
  { folder, hash, progress, signal }: Session,
): Promise<Parameters> {
  const file = setFiles(folder).checkpoint;
  const stateOf = (iteration: number, images: Parameters): DistillationState => ({
    iteration,
    set: { parameters: images, velocity: {} },
    method: { parameters: {}, velocity: {} },
    adversary: { parameters: {}, velocity: {} },
  });
  let state = stateOf(0, start());
  if (existsSync(file)) {
    const fresh = state.set.parameters;
    try {
      ({ state } = readCheckpoint(file, state, { identity: hash, advice: advice(folder) }));
    } finally {
      disposeAll(fresh);
    }
  }
  const save = () => writing(file, () => writeCheckpoint(file, { state, metricsBytes: 0, run: hash }));
  try {
    progress.stage({ name: 'refining', total: steps, done: state.iteration });
    while (state.iteration < steps && !signal.aborted) {
      const { images, loss } = step(state.set.parameters, state.iteration);
      disposeAll(state.set.parameters);
      state = stateOf(state.iteration + 1, images);
      progress.update(state.iteration, { loss });
      if (state.iteration % checkpointEvery === 0) save();
      await new Promise(setImmediate);
    }
    if (signal.aborted) {
      save();
      signal.throwIfAborted();
    }
    return state.set.parameters;
  } catch (error) {
    disposeAll(state.set.parameters);
    throw error;
  }
}
