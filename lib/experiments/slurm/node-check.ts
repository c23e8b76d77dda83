/** Whether a machine of a cluster has what a task computes with: what `doctor` finds there, in short. */
import { describeEnvironment } from '../../machine/environment';
import { unusedGpu } from '../../machine/gpu-signs';
import { computingDevice, useBackend } from '../../tensor/backend';

export interface NodeCheck {
  /** One line: what is in use. */
  inUse: string;
  /** A sentence for each thing that is missing. */
  missing: string[];
}

/**
 * Loads the backend, and looks.
 * @param node what the machine is called
 * @param environment where Slurm says what was given
 */
export async function checkNode(
  node: string,
  environment: Record<string, string | undefined> = process.env,
): Promise<NodeCheck> {
  const missing: string[] = [];
  const backend = await useBackend({ warn: (sentence) => missing.push(sentence) });
  const { node: version, tensorflow, device, threads, memoryBytes } = describeEnvironment(backend);
  const unused = unusedGpu();
  if (unused !== undefined) missing.push(unused);
  const given = environment.SLURM_GPUS_ON_NODE ?? environment.SLURM_JOB_GPUS;
  if (given !== undefined && unused === undefined && computingDevice().device !== 'GPU')
    missing.push('The job was given a GPU, and none is seen: nvidia-smi says there whether its driver works.');
  const library = tensorflow === null ? 'WebAssembly' : `TensorFlow ${tensorflow}`;
  const memory = `${(memoryBytes / 1e9).toFixed(1)} GB of memory`;
  return {
    inUse: `${node}: Node ${version}, ${library}, ${device}, ${threads === 1 ? 'one thread' : `${threads} threads`}, ${memory}`,
    missing: missing.map((sentence) => `${node}: ${sentence}`),
  };
}
