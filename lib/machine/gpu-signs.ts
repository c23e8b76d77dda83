/** Looks for an NVIDIA GPU, and for what stands between it and TensorFlow. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { computingDevice } from '../tensor/backend';
import { projectRoot } from './environment';
import { findCard, isWindowsSubsystem, list, read } from './nvidia-card';
import { whyUnused, type GpuSigns, type LibrarySigns } from './unused-gpu';

let known: { sentence?: string } | undefined;

/**
 * One sentence where an NVIDIA GPU is there and not used, with the reason and what to do; looked up once a process, in a
 * millisecond where there is none.
 * @returns undefined where there is none, or it is used; only once `useBackend` has answered
 */
export function unusedGpu(): string | undefined {
  known ??= { sentence: whyUnused(readGpuSigns()) };
  return known.sentence;
}

export interface GpuSignsOptions {
  /** The root of the file system whose /proc, /sys and /dev are looked at. Default '/'. */
  root?: string;
  /** The virtual environment with TensorFlow. Default: the project's .venv. */
  venv?: string;
  /** Default: the process's. */
  environment?: Record<string, string | undefined>;
}

/** Looks for all that {@link whyUnused} judges by. */
export function readGpuSigns(options: GpuSignsOptions = {}): GpuSigns {
  const { root = '/', venv = path.join(projectRoot(), '.venv'), environment = process.env } = options;
  const { backend, device } = computingDevice();
  const packages = sitePackages(venv);
  const signs: GpuSigns = {
    card: findCard(root),
    driver: existsSync(path.join(root, 'proc/driver/nvidia/version')) || isWindowsSubsystem(root),
    deviceFile: list(path.join(root, 'dev')).some((name) => /^nvidia\d+$/.test(name)) || isWindowsSubsystem(root),
    visibleDevices: environment.CUDA_VISIBLE_DEVICES,
    askedBackend: environment.HABA_BACKEND,
    backend,
    usesGpu: device === 'GPU',
    tensorflowHasCuda: packages === undefined ? undefined : hasCuda(packages),
  };
  const { card, usesGpu, driver, deviceFile, tensorflowHasCuda } = signs;
  const worthLoading = card !== undefined && !usesGpu && driver && deviceFile && tensorflowHasCuda;
  return worthLoading ? { ...signs, libraries: loadLibraries(venv) } : signs;
}

/** Where TensorFlow lies in the virtual environment. */
function sitePackages(venv: string): string | undefined {
  return list(path.join(venv, 'lib'))
    .map((python) => path.join(venv, 'lib', python, 'site-packages'))
    .find((folder) => existsSync(path.join(folder, 'tensorflow')));
}

/** By what TensorFlow writes down of its own build. */
function hasCuda(packages: string): boolean {
  return /'is_cuda_build', True/.test(read(path.join(packages, 'tensorflow/python/platform/build_info.py')));
}

/** What TensorFlow 2.21 loads before it uses a GPU; all but the first are packages of .venv, or the system's. */
const libraries = [
  'libcuda.so.1',
  'libcudart.so.12',
  'libcublasLt.so.12',
  'libcublas.so.12',
  'libcufft.so.11',
  'libcusparse.so.12',
  'libcusolver.so.11',
  'libcudnn.so.9',
];

/** In a program of its own, which a broken library may end: each library, and what the driver says of itself. */
const loadingProgram = `
import ctypes, glob, json, sys, sysconfig
missing, driver = {}, None
for name in sys.argv[1:]:
    own = glob.glob(sysconfig.get_paths()["purelib"] + "/nvidia/*/lib/" + name)
    try:
        library = ctypes.CDLL(own[0] if own else name)
        driver = library if name == "libcuda.so.1" else driver
    except OSError as error:
        missing[name] = str(error)
version = ctypes.c_int(0)
known = driver is not None and driver.cuDriverGetVersion(ctypes.byref(version)) == 0
print(json.dumps({
    "missing": missing,
    "driverError": driver.cuInit(0) if driver else None,
    "driverCuda": version.value if known else None,
}))
`;

/** @returns undefined where the program says nothing */
export function loadLibraries(venv: string): LibrarySigns | undefined {
  const python = path.join(venv, 'bin', 'python');
  const { stdout } = spawnSync(python, ['-c', loadingProgram, ...libraries], { encoding: 'utf8', timeout: 60_000 });
  try {
    return JSON.parse(stdout) as LibrarySigns;
  } catch {
    return undefined;
  }
}
