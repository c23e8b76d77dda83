/** Sets made elsewhere, as runs: taken from files, checked against the data, stored as they are, and students trained on them. */
import path from 'node:path';
import { z } from 'zod';
import { configure, type Configuration, type ConfigurationInput } from '../../distillation/configuration';
import { parseOrExplain } from '../../files/parse-or-explain';
import { positive } from '../../settings/numbers';
import { disposeAll } from '../../tensor/parameters';
import { inContext, type RunOptions } from '../context';
import { writeDistilledSet } from '../distilled-file';
import { makeSet } from '../make-set';
import { setFiles } from '../run-files';
import { trainStudents, type RunResult } from '../train-students';
import { readArrays, type FoundArray } from './found-arrays';
import { valueKinds, type Values } from './looks';
import { takeSet, type Said } from './take-set';

const optionsSchema = z.strictObject({
  files: z.array(z.string()).min(1),
  name: z
    .string()
    .regex(/^[A-Za-z0-9]{1,30}$/, 'letters and digits, 30 at most')
    .optional(),
  values: z.enum(valueKinds).optional(),
  mean: z.array(z.number().finite()).min(1).optional(),
  deviation: z.array(positive).min(1).optional(),
  layout: z.enum(['NCHW', 'NHWC']).optional(),
  images: z.string().optional(),
  labels: z.string().optional(),
  softLabels: z.enum(['probabilities', 'logits', 'hard']).optional(),
  stepSize: positive.optional(),
  ipc: z.number().int().positive().optional(),
  factor: z.number().int().min(1).max(3).optional(),
  trust: z.boolean().optional(),
});

/** Whose files, and what must be said about them. */
export interface ImportOptions extends Said {
  /** Files of images, labels, a step size and hallucinators: .safetensors, .npy, .npz, .pt, .pth. */
  files: string[];
  /** A word for its folder's name, e.g. 'mtt'. Default: the kind of set. */
  name?: string;
}

/** What is imported, and settings of its students: all of a configuration but the set and how it was made. */
export type ImportInput = ImportOptions & Settings;

/**
 * Takes a set that was made elsewhere, and trains students on it, with the step size that came with it unless
 * `evaluation.learningRate` says another: stored, resumed, exported and compared as any run. Its images are held as they are in
 * the file (float32), or, of pixels, as the network inputs that they become.
 * @throws RangeError for options and configurations that make no sense
 * @throws Error naming a file that cannot be read, or saying what is missing, what does not fit the data, and what to do
 */
export async function importSet(input: ImportInput, options: RunOptions = {}): Promise<RunResult> {
  const { said, settings } = split(input);
  const arrays = await readArrays(said.files);
  const values = said.values ?? valuesOfExport(arrays);
  const whitening = whiteningOf(values, settings.whitening);
  return inContext(configured({ ...settings, whitening }, {}), options, async (context) => {
    const { data, progress } = context;
    const taken = takeSet(arrays, { ...said, values }, data, (text) => progress.note(text, 'news'));
    try {
      const { parameters, set, stepSize, checksum, heard } = taken;
      requireRate(settings, stepSize);
      const configuration = configured({ ...settings, whitening }, { set, stepSize });
      const result = await makeSet(
        {
          kind: 'imported',
          configuration,
          imported: {
            checksum,
            ...(said.name === undefined ? {} : { name: said.name }),
            said: heard,
            files: said.files.map((file) => path.basename(file)),
          },
          work: ({ folder, hash }) =>
            Promise.resolve(
              writeDistilledSet(setFiles(folder).distilled, { parameters, configuration, data, run: hash }),
            ),
        },
        context,
      );
      return await trainStudents(result, configuration, context);
    } finally {
      disposeAll(taken.parameters);
    }
  });
}

type Settings = Omit<ConfigurationInput, 'set' | 'matching' | 'labels'>;

/** Options of the import, and settings of a configuration, each of which refuses what it does not know. */
function split(input: ImportInput): { said: z.infer<typeof optionsSchema>; settings: Settings } {
  const isOwn = ([key]: [string, unknown]) => Object.hasOwn(optionsSchema.shape, key);
  const own = Object.fromEntries(Object.entries(input).filter(isOwn));
  const settings = Object.fromEntries(Object.entries(input).filter((entry) => !isOwn(entry)));
  for (const key of ['set', 'matching']) {
    if (key in settings) {
      throw new RangeError(
        `Import: leave '${key}' out; what the set is follows from its files, and how it was made is not known here.`,
      );
    }
  }
  return { said: parseOrExplain(optionsSchema, own, (reason) => new RangeError(`Import: ${reason}.`)), settings };
}

/** An export of here carries what inverts its whitening. */
function valuesOfExport(arrays: readonly FoundArray[]): Values | undefined {
  const has = (name: string) => arrays.some((array) => array.name === name);
  if (has('zca.inverse')) return 'zca';
  return has('mean') && has('deviation') ? 'normalised' : undefined;
}

/** What students and their test images see. */
function whiteningOf(values: Values | undefined, given: Settings['whitening']): Settings['whitening'] {
  const implied = values === 'zca' ? 'zca' : values === 'normalised' ? 'normalise' : undefined;
  if (implied !== undefined && given !== undefined && implied !== given) {
    throw new RangeError(
      `Import: the values are '${values}' and 'whitening' is '${given}', which contradict each other; leave 'whitening' out.`,
    );
  }
  return implied ?? given;
}

function requireRate({ evaluation }: Settings, stepSize: number | undefined): void {
  if (evaluation?.learningRate !== 'learned' || stepSize !== undefined) return;
  throw new RangeError(
    "Import: 'evaluation.learningRate' is 'learned', and no step size came with the set; give one ('--step-size'), or a rate.",
  );
}

/** Of a set that was matched to nothing here, as baselines are. */
function configured(
  settings: Settings,
  { set = { kind: 'images', ipc: 1 }, stepSize }: { set?: ConfigurationInput['set']; stepSize?: number },
): Configuration {
  const { learningRate, ...evaluation } = settings.evaluation ?? {};
  const isLearned = learningRate === undefined || learningRate === 'learned';
  return configure({
    ...settings,
    set,
    matching: { method: 'dm' },
    evaluation: { ...evaluation, learningRate: isLearned ? stepSize : learningRate },
  });
}
