/** Whether an NVIDIA GPU is there and not used, and why: in one sentence, from what was found (`gpu-signs.ts`). */
import type { BackendName } from '../tensor/backend';

/** What was found of a GPU, of its driver, and of what computes. */
export interface GpuSigns {
  /** What the cards are called, e.g. 'NVIDIA H100 80GB HBM3', or 'An NVIDIA GPU' where nothing tells; undefined without one. */
  card?: string;
  /** Whether NVIDIA's driver is loaded. */
  driver: boolean;
  /** Whether there is the file through which programs reach a card, e.g. /dev/nvidia0: a container must be given it. */
  deviceFile: boolean;
  /** CUDA_VISIBLE_DEVICES: which cards CUDA may see. */
  visibleDevices?: string;
  /** HABA_BACKEND: what was asked for. */
  askedBackend?: string;
  backend: BackendName;
  usesGpu: boolean;
  /** Whether the TensorFlow of .venv was built with CUDA; undefined without a TensorFlow. */
  tensorflowHasCuda?: boolean;
  /** What a program finds that loads what TensorFlow loads; undefined where nobody looked. */
  libraries?: LibrarySigns;
}

export interface LibrarySigns {
  /** What the loader says of each library that does not load, by its name, e.g. 'libcudnn.so.9'. */
  missing: Record<string, string>;
  /** What the driver answers to cuInit: 0, or the number of a CUDA error; null where it could not be asked. */
  driverError: number | null;
  /** Newest CUDA that the driver knows, 1000 * major + 10 * minor, e.g. 12040; null where it could not be asked. */
  driverCuda: number | null;
}

/** CUDA that TensorFlow 2.21 is built with, as {@link LibrarySigns.driverCuda}: any driver for the same major version serves. */
const oldestCuda = 12000;

/**
 * @returns e.g. 'NVIDIA A100 is there and not used: the TensorFlow of .venv has no CUDA. ...', with what to do; undefined where
 * there is no NVIDIA GPU, or it is used
 */
export function whyUnused(signs: GpuSigns): string | undefined {
  if (signs.card === undefined || signs.usesGpu) return undefined;
  return `${signs.card} is there and not used: ${reason(signs)}`;
}

/** What stands in the way first: what comes later cannot be judged before it is mended. */
function reason(signs: GpuSigns): string {
  const { visibleDevices, askedBackend, backend, driver, deviceFile, tensorflowHasCuda, libraries } = signs;
  if (visibleDevices !== undefined && ['', '-1'].includes(visibleDevices.trim())) {
    return `CUDA_VISIBLE_DEVICES is '${visibleDevices}', which hides it. Unset it to compute there.`;
  }
  if (askedBackend === 'wasm') {
    return 'HABA_BACKEND=wasm asks for WebAssembly, which computes on the CPU. Unset it to compute there.';
  }
  if (!driver) {
    return "NVIDIA's driver is not loaded. Install it so that nvidia-smi lists the GPU, then: npm run setup";
  }
  if (!deviceFile) {
    return (
      'there is no /dev/nvidia0 to reach it through. A container must be given it (docker run --gpus all), a job must ask its ' +
      'scheduler for it.'
    );
  }
  if (backend === 'wasm') {
    return 'native TensorFlow does not load, and WebAssembly computes on the CPU. To mend it: npm run setup';
  }
  if (tensorflowHasCuda === false) {
    return 'the TensorFlow of .venv has no CUDA. To bring the one that has (7 GB): HABA_CUDA=1 npm run setup';
  }
  return (
    (libraries && libraryReason(libraries)) ??
    "TensorFlow's own messages tell why: TF_CPP_MIN_LOG_LEVEL=0 npm run haba -- doctor"
  );
}

function libraryReason({ missing, driverError, driverCuda }: LibrarySigns): string | undefined {
  const { 'libcuda.so.1': driverLibrary, ...others } = missing;
  if (driverLibrary !== undefined) {
    return `the driver's library does not load (${driverLibrary}). Install it beside the driver, or give it to the container (docker run --gpus all).`;
  }
  const names = Object.keys(others);
  if (names.length > 0) {
    return (
      `${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not load (${others[names[0]]}). To bring the CUDA libraries anew, move .venv away and: ` +
      'HABA_CUDA=1 npm run setup'
    );
  }
  if (driverCuda !== null && driverCuda < oldestCuda) {
    return `its driver knows CUDA ${cudaVersion(driverCuda)}, and TensorFlow needs ${cudaVersion(oldestCuda)}. Update the driver.`;
  }
  if (driverError === noDevice) {
    return 'the driver shows this process no card (CUDA error 100). A job must ask its scheduler for one, a container be given one.';
  }
  if (driverError) {
    return `its driver answers with CUDA error ${driverError}. nvidia-smi may say more; after an update of the driver, restart the machine.`;
  }
  return undefined;
}

/** CUDA_ERROR_NO_DEVICE. */
const noDevice = 100;

function cudaVersion(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}
