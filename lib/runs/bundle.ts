/** Runs as one archive that travels: what they are, what came of them, and the figures and tables that name them. */
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { z } from 'zod';
import { digestOfFile } from '../files/file-digest';
import { explainWriteError } from '../files/file-error';
import { describeHolder } from '../files/lock';
import { resultsFolder } from '../files/results-folder';
import { sealedText } from '../files/sealed-json';
import { describeEnvironment } from '../machine/environment';
import { useBackend } from '../tensor/backend';
import { findRun } from './run-store';

/** Name of the file that lists the others; its seal is of this format. */
export const manifestName = 'bundle.json';
export const bundleFormat = 'haba bundle 1';

export const manifestSchema = z.object({
  /** What the bundle was made with. */
  environment: z.record(z.unknown()),
  runs: z.array(
    z.object({ name: z.string().regex(/^[A-Za-z0-9._-]+$/), dataset: z.string(), dataChecksum: z.string() }),
  ),
  /** Every other file, by its path in the archive. */
  files: z.array(
    z.object({ path: z.string(), bytes: z.number().int().min(0).safe(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export type BundleManifest = z.infer<typeof manifestSchema>;

export interface BundleOptions {
  /** Folder of the runs. Default: results/runs. */
  runs?: string;
  /** Folder with `figures` and `tables`. Default: HABA_RESULTS, else results. */
  results?: string;
}

export interface Bundle {
  file: string;
  runs: string[];
  /** Figures and tables that are in it, e.g. 'figures/quickstart-accuracy'. */
  results: string[];
  /** Runs that these name, too, and that are not in it. */
  lacking: string[];
  /** Number of files, and their size before compression. */
  files: number;
  bytes: number;
}

/** A file on the disk, and its path in the archive. */
interface Packed {
  path: string;
  from: string;
  bytes: number;
  sha256: string;
}

/** What only goes on with a run, or says who works on it. */
const leftOut = /^(checkpoint\.safetensors|holder\..*|.*\.partial|.*\.lock)$/;

/**
 * Writes finished runs into one archive (.tar.gz): configurations, sets, students' results, environments, checksums of data, and
 * figures and tables that name the runs. The same files give the same archive, but for what it says of this machine.
 * @param names of their folders, or the hashes at the ends
 * @throws Error for a name that is no run's, for a run that is not finished, and where the file is there already; then nothing is written
 */
export async function bundleRuns(
  names: readonly string[],
  file: string,
  { runs: folder, results = resultsFolder() }: BundleOptions = {},
): Promise<Bundle> {
  if (existsSync(file)) throw new Error(`${file} is there already, and is not overwritten: give another name.`);
  const chosen = [...new Map(names.map((name) => findRun(name, folder)).map((run) => [run.name, run])).values()];
  if (chosen.length === 0) throw new RangeError('A bundle is of at least one run: name it.');
  for (const run of chosen) {
    if (run.holder) throw new Error(`${describeHolder(run.folder, run.holder)} Bundle it when that has ended.`);
    if (run.state !== 'finished' || !run.identity)
      throw new Error(`${run.folder} is ${run.state}; only finished runs are bundled.`);
  }
  const inside = new Set(chosen.map(({ name }) => name));
  const named = resultsOf(results, inside);
  const files = [...chosen.flatMap((run) => filesUnder(run.folder, `runs/${run.name}`)), ...named.files].sort(
    (first, second) => (first.path < second.path ? -1 : 1),
  );
  const packed = await Promise.all(files.map(measured));
  const manifest: BundleManifest = {
    environment: { ...describeEnvironment(await useBackend()) },
    runs: chosen.map(({ name, identity }) => ({
      name,
      dataset: String(identity!.configuration.dataset),
      dataChecksum: identity!.dataChecksum,
    })),
    files: packed.map(({ path: place, bytes, sha256 }) => ({ path: place, bytes, sha256 })),
  };
  await write(file, manifest, packed);
  return {
    file,
    runs: [...inside],
    results: named.names,
    lacking: named.lacking,
    files: packed.length,
    bytes: packed.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

type Found = Pick<Packed, 'path' | 'from'>;

function filesUnder(folder: string, inside: string): Found[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const [from, place] = [path.join(folder, entry.name), `${inside}/${entry.name}`];
    if (entry.isDirectory()) return filesUnder(from, place);
    return entry.isFile() && !leftOut.test(entry.name) ? [{ path: place, from }] : [];
  });
}

const sidecarSchema = z.object({ runs: z.array(z.object({ run: z.string() })) });

/** Figures and tables that name one of these runs, with all their files. */
function resultsOf(results: string, inside: ReadonlySet<string>) {
  const found = { files: [] as Found[], names: [] as string[], lacking: new Set<string>() };
  for (const kind of ['figures', 'tables']) {
    const folder = path.join(results, kind);
    const all = existsSync(folder) ? readdirSync(folder).sort() : [];
    for (const sidecar of all.filter((name) => name.endsWith('.json'))) {
      const runs = runsIn(path.join(folder, sidecar));
      if (!runs.some((run) => inside.has(run))) continue;
      const name = path.basename(sidecar, '.json');
      found.names.push(`${kind}/${name}`);
      for (const run of runs) if (!inside.has(run)) found.lacking.add(run);
      const own = all.filter((one) => [name, `${name}-macros`].includes(one.slice(0, one.lastIndexOf('.'))));
      found.files.push(...own.map((one) => ({ path: `${kind}/${one}`, from: path.join(folder, one) })));
    }
  }
  return { ...found, lacking: [...found.lacking].sort() };
}

/** None of a file that is no record of a figure or table. */
function runsIn(sidecar: string): string[] {
  try {
    return sidecarSchema.parse(JSON.parse(readFileSync(sidecar, 'utf8'))).runs.map(({ run }) => run);
  } catch {
    return [];
  }
}

async function measured({ path: place, from }: Found): Promise<Packed> {
  const { bytes, digest: sha256 } = await digestOfFile(from, 'sha256');
  return { path: place, from, bytes, sha256 };
}

/** Under its name only when it is whole. */
async function write(file: string, manifest: BundleManifest, packed: readonly Packed[]): Promise<void> {
  const temporary = `${file}.${process.pid}.partial`;
  const archive = pack();
  // The same files give the same bytes.
  const common = { mtime: new Date(0), mode: 0o644 };
  const fill = async () => {
    const text = Buffer.from(sealedText(bundleFormat, manifest));
    archive.entry({ name: manifestName, ...common }, text);
    for (const { path: name, from, bytes, sha256 } of packed) {
      const content = readFileSync(from);
      if (content.length !== bytes || createHash('sha256').update(content).digest('hex') !== sha256)
        throw new Error(
          `${from} changed while it was bundled; nothing was written. Bundle it when nothing works on it.`,
        );
      await new Promise<void>((resolve, reject) => {
        archive.entry({ name, ...common }, content, (error) => (error ? reject(error) : resolve()));
      });
    }
    archive.finalize();
  };
  const writing = pipeline(archive, createGzip(), createWriteStream(temporary, { flags: 'wx' }));
  try {
    await Promise.all([writing, fill().catch((error: Error) => archive.destroy(error))]);
    if (existsSync(file)) throw new Error(`${file} appeared meanwhile, and is not overwritten.`);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw explainWriteError(error, file, { instead: '--to FILE' });
  }
}
