/**
 * The files of one expert: its parameters after every epoch, and the state that training goes on from. Each names the experts it
 * belongs to, which of them it is, and its epoch, and carries a checksum; none is read as another.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { oneLine } from '../../files/one-line';
import { parseOrExplain } from '../../files/parse-or-explain';
import { openSafetensors, type SafetensorsFile } from '../../files/safetensors';
import { addPrefix, withPrefix, type Parameters } from '../../tensor/parameters';
import { toTensor, writeTensors } from '../../tensor/stored-tensors';
import { sentences } from './experts-folder';

/** What is between two epochs of an expert's training. */
export interface ExpertState {
  /** Epochs done. */
  epoch: number;
  /** That they took. */
  seconds: number;
  parameters: Parameters;
  velocity: Parameters;
}

/** Of the network's parameters, name by name. */
export type Shapes = Record<string, number[]>;

export interface ExpertFiles {
  /** E.g. 'expert-003'. */
  readonly name: string;
  readonly folder: string;
  /** The first of epochs 0 to `last` whose parameters are not there. */
  firstMissing(last: number): number | undefined;
  /** How many of epochs 0 to `last` are not there. */
  missing(last: number): number;
  /** The caller owns the tensors. @throws Error naming the file, and what to do, when it is not that epoch of this expert */
  readEpoch(epoch: number, shapes: Shapes): Parameters;
  writeEpoch(epoch: number, parameters: Parameters): void;
  /** Whether its training began. */
  hasState(): boolean;
  /** Epochs done, and the seconds they took; undefined where no training began. @throws as `readState` */
  readProgress(): Pick<ExpertState, 'epoch' | 'seconds'> | undefined;
  /** The caller owns the tensors. @throws Error naming the file, and what to do, when it is not a state of this expert */
  readState(shapes: Shapes): ExpertState | undefined;
  writeState(state: ExpertState): void;
}

export interface ExpertFilesOptions {
  /** Folder of these experts. */
  folder: string;
  /** What they are called. */
  experts: string;
  /** Which of them. */
  expert: number;
  /** A sentence added to what is thrown: how experts are made. */
  advice?: string;
}

const progressSchema = z.object({
  epoch: z.coerce.number().int().min(0).safe(),
  seconds: z.coerce.number().min(0).finite(),
});

const epochName = (epoch: number) => `epoch-${String(epoch).padStart(3, '0')}.safetensors`;

/** Nothing is read or written before it is asked for. */
export function expertFiles({ folder: place, experts, expert, advice = '' }: ExpertFilesOptions): ExpertFiles {
  const name = `expert-${String(expert).padStart(3, '0')}`;
  const folder = path.join(place, name);
  const stateFile = path.join(folder, 'state.safetensors');
  const owner = { experts, expert: String(expert) };
  const wayOut = sentences('Remove it, and train these experts again, which makes what is missing.', advice);
  const refusal = (file: string) => (reason: string) => new Error(`${file} cannot be used: ${reason}. ${wayOut}`);

  /** Opens a file of this expert, and closes it again. */
  const reading = <T>(file: string, expected: Record<string, string>, read: (opened: SafetensorsFile) => T): T => {
    const opened = openChecked(file, wayOut);
    try {
      for (const [key, wanted] of Object.entries(expected)) {
        const found = opened.metadata[key] ?? 'not said';
        if (found !== wanted)
          throw refusal(file)(`its metadata '${key}' is '${oneLine(found, 60)}', expected '${wanted}'`);
      }
      return read(opened);
    } finally {
      opened.close();
    }
  };
  const progressOf = ({ metadata }: SafetensorsFile) =>
    parseOrExplain(progressSchema, metadata, (reason) => refusal(stateFile)(`it is no state of an expert, ${reason}`));
  const present = () => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return new Set(names.flatMap((file) => /^epoch-(\d{3,})\.safetensors$/.exec(file)?.[1] ?? []).map(Number));
  };
  const write = (file: string, tensors: Parameters, metadata: Record<string, string>) => {
    mkdirSync(folder, { recursive: true });
    writeTensors(file, tensors, { ...owner, ...metadata });
  };

  return {
    name,
    folder,
    firstMissing(last) {
      const there = present();
      let epoch = 0;
      while (there.has(epoch)) epoch += 1;
      return epoch <= last ? epoch : undefined;
    },
    missing: (last) => last + 1 - [...present()].filter((epoch) => epoch <= last).length,
    readEpoch(epoch, shapes) {
      const file = path.join(folder, epochName(epoch));
      return reading(file, { ...owner, epoch: String(epoch) }, (opened) => readShaped(opened, shapes, refusal(file)));
    },
    writeEpoch: (epoch, parameters) => write(path.join(folder, epochName(epoch)), parameters, { epoch: String(epoch) }),
    hasState: () => existsSync(stateFile),
    readProgress: () => (existsSync(stateFile) ? reading(stateFile, owner, progressOf) : undefined),
    readState(shapes) {
      if (!existsSync(stateFile)) return undefined;
      return reading(stateFile, owner, (opened) => {
        const progress = progressOf(opened);
        const both = Object.entries(shapes).flatMap(([key, shape]) => [
          [`parameters.${key}`, shape] as const,
          [`velocity.${key}`, shape] as const,
        ]);
        const all = readShaped(opened, Object.fromEntries(both), refusal(stateFile));
        return { ...progress, parameters: withPrefix(all, 'parameters.'), velocity: withPrefix(all, 'velocity.') };
      });
    },
    writeState({ epoch, seconds, parameters, velocity }) {
      const tensors = { ...addPrefix(parameters, 'parameters.'), ...addPrefix(velocity, 'velocity.') };
      write(stateFile, tensors, { epoch: String(epoch), seconds: String(seconds) });
    },
  };
}

/** @throws what the system says, e.g. ENOENT, as it is; else an Error that says what to do, too */
function openChecked(file: string, wayOut: string): SafetensorsFile {
  try {
    return openSafetensors(file, { requireChecksum: true });
  } catch (error) {
    if (!(error instanceof Error) || 'code' in error) throw error;
    throw new Error(`${error.message} ${wayOut}`, { cause: error });
  }
}

/** @throws what `refuse` makes, of the first tensor that is missing or of another shape */
function readShaped(opened: SafetensorsFile, shapes: Shapes, refuse: (reason: string) => Error): Parameters {
  for (const [name, shape] of Object.entries(shapes)) {
    const found = Object.hasOwn(opened.shapes, name) ? opened.shapes[name] : undefined;
    if (found?.join() !== shape.join()) {
      const given = found ? `[${found.join(', ')}]` : 'missing';
      throw refuse(`it is of an expert of another shape, '${name}' is ${given}, expected [${shape.join(', ')}]`);
    }
  }
  const stored = Object.keys(shapes).map((name) => [name, opened.read(name)] as const);
  const other = stored.find(([, { type }]) => type !== 'F32');
  if (other) throw refuse(`it is of no expert, '${other[0]}' is of ${other[1].type}, expected F32`);
  return Object.fromEntries(stored.map(([name, tensor]) => [name, toTensor(tensor)]));
}
