/** Everything here that reads what others wrote. */
import { archiveReaders } from './archive-readers';
import { datasetReaders } from './dataset-readers';
import type { Reader } from './fuzz';
import { importReaders } from './import-readers';
import { runReaders } from './run-readers';

export const readers: Reader[] = [...datasetReaders, ...archiveReaders, ...runReaders, ...importReaders];
