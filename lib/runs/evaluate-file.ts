/** Students trained on a distilled set that lies in a file, made here or elsewhere. */
import { createProgress, type ProgressReporter } from '../terminal/progress';
import { evaluateSet, summariseAccuracy, type Accuracy } from '../evaluation/evaluation';
import type { TestSplit } from '../evaluation/student-settings';
import type { Ledger } from '../factorization/ledger';
import type { NetworkInput } from '../networks/network-families';
import { useBackend } from '../tensor/backend';
import { inExecutionOf } from './context';
import { dataAtHand } from './data-at-hand';
import { readDistilledSet } from './distilled-file';
import { recordedAccuracy } from './recorded-accuracy';
import { withStudents } from './run';
import { listenForInterrupt } from '../terminal/interrupt';

export interface EvaluateFileOptions {
  /** Network of the students, or its name alone. Default: that of distillation. */
  network?: string | NetworkInput;
  /** Default: as recorded in the file. */
  students?: number;
  /** Length of each student's training, in one of two ways. Default: as recorded in the file. */
  epochs?: number;
  updates?: number;
  /** Folder of the datasets. Default: HABA_DATA, else data/. */
  data?: string;
  progress?: ProgressReporter;
  signal?: AbortSignal;
}

export interface FileEvaluation {
  file: string;
  network: string;
  /** Images that the students were tested on. */
  split: TestSplit;
  accuracy: Accuracy;
  /** What the set costs to store. */
  ledger: Ledger;
  /** Accuracy of the students that the set's run trained, where the file lies in its folder. */
  recorded?: Accuracy;
}

/**
 * Trains students on the set and tests them on real images.
 * @throws Error for a malformed file, or where the data here is not what the set was made from
 */
export async function evaluateFile(file: string, options: EvaluateFileOptions = {}): Promise<FileEvaluation> {
  await useBackend();
  const distilled = readDistilledSet(file);
  try {
    const { configuration: made } = distilled;
    const { network: chosen, students, epochs, updates } = options;
    const configuration = withStudents(made, {
      network: typeof chosen === 'string' ? ({ name: chosen } as NetworkInput) : chosen,
      evaluation: { students: students ?? made.evaluation.students, epochs, updates },
    });
    const { dataset, whitening, holdOut, evaluation, network } = configuration;
    const data = await dataAtHand(dataset, { data: options.data, whitening, holdOut });
    const progress = options.progress ?? createProgress();
    if (data.checksum !== distilled.dataChecksum) {
      progress.note(
        `The ${dataset} here is not byte for byte what ${file} was made from; its accuracy may differ a little.`,
      );
    }
    const recorded = recordedAccuracy(file, distilled);
    const interrupt = listenForInterrupt(options.signal);
    try {
      const results = await inExecutionOf(configuration, () =>
        evaluateSet(distilled, configuration, data, {
          signal: interrupt.signal,
          onBegin: (total) => progress.stage({ name: 'training students', total }),
          onUpdate: (done, student, loss) => progress.update(done, { student: student + 1, loss }),
        }),
      );
      const accuracy = summariseAccuracy(results.map((result) => result.accuracy));
      return {
        file,
        network: network.name,
        split: evaluation.split,
        accuracy,
        ledger: distilled.ledger,
        ...(recorded ? { recorded } : {}),
      };
    } finally {
      progress.end();
      interrupt.release();
    }
  } finally {
    distilled.dispose();
  }
}
