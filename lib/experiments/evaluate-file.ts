/** Students trained on a distilled set that lies in a file, made here or elsewhere. */
import { configure, type Configuration } from '../distillation/configuration';
import { createProgress, type ProgressReporter } from '../distillation/progress';
import { evaluateSet, type Accuracy } from '../evaluation/evaluation';
import { createDistilledSet } from '../factorization/create-distilled-set';
import { useBackend } from '../tensor/backend';
import { disposeAll } from '../tensor/parameters';
import { dataAtHand } from './data-at-hand';
import { readDistilledSet } from './distilled-file';
import { listenForInterrupt } from './interrupt';

export interface EvaluateFileOptions {
  /** Network of the students. Default: that of distillation. */
  network?: string;
  /** Default: as recorded in the file. */
  students?: number;
  epochs?: number;
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  progress?: ProgressReporter;
  signal?: AbortSignal;
}

export interface FileEvaluation {
  file: string;
  network: string;
  accuracy: Accuracy;
  /** Accuracy recorded when the set was made, by students of the distillation's network. */
  recorded: Accuracy;
}

/**
 * Trains students on the set and tests them on the real test images.
 * @throws Error for a malformed file, or where the data here is not what the set was made from
 */
export async function evaluateFile(file: string, options: EvaluateFileOptions = {}): Promise<FileEvaluation> {
  await useBackend();
  const distilled = readDistilledSet(file);
  const { configuration: made, imageShape, classNames, parameters } = distilled;
  const configuration: Configuration = configure({
    ...made,
    network: {
      ...made.network,
      ...(options.network ? { name: options.network as Configuration['network']['name'] } : {}),
    },
    evaluation: {
      ...made.evaluation,
      ...(options.students ? { students: options.students } : {}),
      ...(options.epochs ? { epochs: options.epochs } : {}),
    },
  });
  const { dataset, whitening, evaluation } = configuration;
  const data = await dataAtHand(dataset, { data: options.data, whitening });
  const progress = options.progress ?? createProgress();
  if (data.checksum !== distilled.dataChecksum) {
    progress.note(
      `The ${dataset} here is not byte for byte what ${file} was made from; its accuracy may differ a little.`,
    );
  }
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount: classNames.length });
  const interrupt = listenForInterrupt(options.signal);
  progress.stage({ name: 'training students', total: evaluation.students * evaluation.epochs });
  try {
    const accuracy = await evaluateSet(set, parameters, configuration, data, {
      signal: interrupt.signal,
      onEpoch: (student, epoch, loss) =>
        progress.update(student * evaluation.epochs + epoch, { student: student + 1, loss }),
    });
    return { file, network: configuration.network.name, accuracy, recorded: distilled.accuracy };
  } finally {
    progress.end();
    interrupt.release();
    disposeAll(parameters, distilled.statistics);
  }
}
