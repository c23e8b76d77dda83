/** What is in use on this machine: the first thing to look at when something is slow or missing. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findDataset } from '../data/dataset-format';
import { allDatasetNames } from '../data/dataset-names';
import { datasetFormats, isEmbedded, type LibraryDatasetName } from '../data/formats';
import { dataFolder } from '../data/load-dataset';
import { ownDatasetOf } from '../data/own-datasets';
import { useBackend } from '../tensor/backend';
import { describeEnvironment } from './environment';
import { readGpuSigns, unusedGpu } from './gpu-signs';
import { describeMemory, memoryLimit } from '../tensor/memory';

export interface Finding {
  /** E.g. 'TensorFlow'. */
  name: string;
  /** What was found, or what is missing and how to get it. */
  value: string;
}

/**
 * Node, Python, TensorFlow, device, kernel and datasets, as found.
 * @param data folder of the datasets; default HABA_DATA, else data/
 */
export async function doctor(data: string = dataFolder()): Promise<Finding[]> {
  const backend = await useBackend();
  const environment = describeEnvironment(backend);
  const native = backend === 'tensorflow';
  return [
    {
      name: 'haba',
      value: [environment.haba, environment.commit ?? 'no git checkout', environment.modified ? '(modified)' : '']
        .join(' ')
        .trim(),
    },
    { name: 'Node', value: environment.node },
    { name: 'Python', value: pythonVersion() },
    { name: 'TensorFlow.js', value: environment.tfjs },
    {
      name: 'backend',
      value: native ? 'tensorflow (native addon)' : 'wasm: about ten times slower; to mend it: npm run setup',
    },
    { name: 'TensorFlow', value: environment.tensorflow ?? 'not in use' },
    { name: 'device', value: environment.device },
    { name: 'NVIDIA GPU', value: gpu() },
    { name: 'CPU instructions', value: instructions() },
    { name: 'memory', value: describeMemory(memoryLimit()) },
    { name: 'kernel', value: kernel() },
    ...findDatasets(data),
  ];
}

/** Each known dataset, and where its files lie, which nobody reads for that; at the end, how to get those that are absent. */
export function findDatasets(data: string = dataFolder()): Finding[] {
  const found = allDatasetNames().map((name) => ({ name: `dataset ${name}`, value: whereIs(name, data) }));
  if (!found.some(({ value }) => value === absent)) return found;
  return [
    ...found,
    { name: 'absent ones', value: 'npm run haba -- data NAME brings one; data/README.md says how to bring files' },
  ];
}

const absent = 'absent';

function whereIs(name: string, data: string): string {
  const own = ownDatasetOf(name);
  if (own) return own.about;
  const format = datasetFormats[name as LibraryDatasetName];
  if (isEmbedded(format)) return 'drawn on the spot';
  try {
    const { folder, missing } = findDataset(data, format);
    if (folder === undefined) return absent;
    if (missing.length === 0) return `${format.about}, in ${folder}`;
    return `not whole: ${folder} has no ${missing.join(', ')}`;
  } catch (error) {
    return (error as Error).message;
  }
}

function pythonVersion(): string {
  const { status, stdout } = spawnSync(path.join('.venv', 'bin', 'python'), ['--version'], { encoding: 'utf8' });
  return status === 0 ? `${stdout.trim().replace('Python ', '')} in .venv` : 'no .venv: npm run setup makes it';
}

/** Which one computes, or why none does. */
function gpu(): string {
  const { card, usesGpu, tensorflowHasCuda } = readGpuSigns();
  if (!usesGpu) return unusedGpu() ?? (tensorflowHasCuda ? 'none here, though TensorFlow has CUDA' : 'none here');
  const asked = process.env.NVIDIA_TF32_OVERRIDE;
  return `${card ?? 'in use'}, ${asked === '0' ? 'without TF32' : `TF32 as NVIDIA_TF32_OVERRIDE=${asked} has it`}`;
}

/** The vector instructions that TensorFlow makes use of, of those that this CPU has. */
function instructions(): string {
  const file = '/proc/cpuinfo';
  if (!existsSync(file)) return 'not known on this system';
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1].trim().split(' '));
  const known = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'amx_tile'].filter((flag) =>
    flags.has(flag),
  );
  return known.join(', ') || 'none of those TensorFlow asks for';
}

function kernel(): string {
  const file = path.join('.venv', 'share', 'jupyter', 'kernels', 'tslab', 'kernel.json');
  return existsSync(file) ? 'TypeScript (tslab), registered in .venv' : 'not registered: npm run setup does it';
}
