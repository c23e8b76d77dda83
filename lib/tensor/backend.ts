/** Which TensorFlow.js backend computes, and what is known about it. */
import { availableParallelism } from 'node:os';
import { tf } from './tensorflow';

/** What computes: TensorFlow's own library through the native addon, or WebAssembly where that cannot be had. */
export type BackendName = 'tensorflow' | 'wasm';

export interface BackendOptions {
  /** Backend to use. Default: HABA_BACKEND if set, else 'tensorflow' where the addon loads, else 'wasm'. */
  backend?: BackendName;
  /**
   * Whether TensorFlow convolves with oneDNN's kernels, 1.6 times faster, or with its own, which round less: through ResNet18 the
   * logits of the authors' golden case are off by 4e-6 with oneDNN and by 8e-7 without, enough to move a ReLU across its kink,
   * where the gradient jumps. What TF_ENABLE_ONEDNN_OPTS says goes before. Default true.
   */
  oneDnn?: boolean;
  /** Receives the one warning about a slow backend. Default: console.warn. */
  warn?: (message: string) => void;
}

let active: Promise<BackendName> | undefined;

/**
 * Loads and selects the backend; later calls return the same answer. Every public entry of lib awaits it.
 * @returns the name of the backend in use
 * @throws Error when a backend was asked for by name and cannot be loaded
 */
export function useBackend(options: BackendOptions = {}): Promise<BackendName> {
  active ??= selectBackend(options);
  return active;
}

/** What computes. */
export interface ComputingDevice {
  backend: BackendName;
  device: 'CPU' | 'GPU';
  /** Version of TensorFlow's own library; null with WebAssembly. */
  tensorflow: string | null;
}

/** What computes, once {@link useBackend} has answered. */
export function computingDevice(): ComputingDevice {
  const native = tf.backend() as unknown as { isUsingGpuDevice?: boolean; binding?: { TF_Version?: string } };
  const tensorflow = native.binding?.TF_Version ?? null;
  return {
    backend: tensorflow === null ? 'wasm' : 'tensorflow',
    device: native.isUsingGpuDevice ? 'GPU' : 'CPU',
    tensorflow,
  };
}

/** What TensorFlow reads when it loads: threads of one operation, and operations at a time. */
const threadVariables = ['TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS'] as const;

/** Variables that give a process that is started with them so many threads to compute with. */
export function threadSettings(threads: number): Record<string, string> {
  if (!Number.isSafeInteger(threads) || threads < 1)
    throw new RangeError(`There cannot be ${threads} threads; allowed is a whole number of at least 1.`);
  return Object.fromEntries(threadVariables.map((name) => [name, String(threads)]));
}

/**
 * Sets how many threads this process computes with.
 * @throws Error once the backend is loaded, which reads it then and never again
 */
export function useThreads(threads: number): void {
  const settings = threadSettings(threads);
  if (active) throw new Error('The number of threads can be set only before TensorFlow is loaded: start anew with it.');
  Object.assign(process.env, settings);
}

/** Threads that one operation computes with: numbers depend on them, since sums are taken in parts. */
export function computingThreads(): number {
  const asked = Number(process.env.TF_NUM_INTRAOP_THREADS);
  return Number.isSafeInteger(asked) && asked > 0 ? asked : availableParallelism();
}

async function selectBackend({ backend, oneDnn = true, warn = console.warn }: BackendOptions): Promise<BackendName> {
  const asked = backend ?? askedByEnvironment();
  if (asked !== 'wasm') {
    const reason = loadNativeAddon(oneDnn);
    if (reason === undefined) {
      await tf.setBackend('tensorflow');
      await tf.ready();
      return 'tensorflow';
    }
    if (asked === 'tensorflow') {
      throw new Error(`The native TensorFlow backend does not load: ${reason}. Run: npm run setup`);
    }
    warn(
      `Native TensorFlow does not load (${reason}); computing in WebAssembly, about ten times slower. To mend it: npm run setup`,
    );
  }
  // Loaded here: seldom needed. Not by import(), which in a notebook knows no TypeScript.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { enableWebAssembly } = require('./wasm') as typeof import('./wasm');
  await enableWebAssembly();
  return 'wasm';
}

function askedByEnvironment(): BackendName | undefined {
  const asked = process.env.HABA_BACKEND;
  if (asked === undefined || asked === '') return undefined;
  if (asked === 'tensorflow' || asked === 'wasm') return asked;
  throw new RangeError(`HABA_BACKEND is '${asked}'; allowed are 'tensorflow' and 'wasm'.`);
}

/** What TensorFlow and NVIDIA's libraries read when they load, where the environment does not say otherwise. */
const librarySettings = {
  // On GPUs since Ampere TensorFlow multiplies in TF32, which keeps 10 bits: too coarse for ZCA and for golden cases. 1 allows it.
  NVIDIA_TF32_OVERRIDE: '0',
  // TensorFlow takes all memory of a GPU at once, so that a second notebook finds none. false lets it.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
};

/** @returns undefined when the addon is loaded, else why not, in one line */
function loadNativeAddon(oneDnn: boolean): string | undefined {
  const quiet = process.env.TF_CPP_MIN_LOG_LEVEL;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const settings = { ...librarySettings, TF_ENABLE_ONEDNN_OPTS: oneDnn ? '1' : '0' };
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
  try {
    // Synchronous, because CommonJS is what the addon's package is.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require('@tensorflow/tfjs-node-gpu');
    return undefined;
  } catch (error) {
    if (quiet === undefined) delete process.env.TF_CPP_MIN_LOG_LEVEL;
    return (error as Error).message.split('\n')[0];
  }
}
