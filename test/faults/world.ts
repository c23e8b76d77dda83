/** A small world for faults: sixty images of digits, a server, and what is done with them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pack } from 'tar-stream';
import { cifar10 } from '../../lib/data/cifar';
import { configure } from '../../lib/distillation/configuration';
import { writeDistilledSet } from '../../lib/runs/distilled-file';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { readSafetensors } from '../../lib/files/safetensors';
import { startHaba } from '../commands/command-line';
import { idx } from '../data/idx-writer';
import { smallData } from '../distillation/small-world';
import { contentOf, type Content } from './content';
import type { Victim } from './kill-often';

/** MNIST's files, of sixty and twenty images; a tenth of a second to load. */
export function writeDigits(data: string): void {
  const folder = path.join(data, 'mnist');
  mkdirSync(folder, { recursive: true });
  const random = Random.stream(1, 'test');
  for (const [split, count] of [
    ['train', 60],
    ['t10k', 20],
  ] as const) {
    const labels = Array.from({ length: count }, (_, place) => place % 10);
    writeFileSync(
      path.join(folder, `${split}-images-idx3-ubyte`),
      idx([count, 28, 28], random.integers(count * 784, 256)),
    );
    writeFileSync(path.join(folder, `${split}-labels-idx1-ubyte`), idx([count], labels));
  }
}

/** Networks of four channels, a few images a step, operation by operation: an iteration takes hundredths of a second. */
const small = [
  'network.width=4',
  'network.depth=1',
  'constraints.adversary.width=4',
  'constraints.adversary.depth=1',
  'constraints.batchSize=8',
  'compile=false',
];
const smallMatch = ['matching.realBatch=4', 'checkpointEvery=5', 'evaluation.students=2', 'evaluation.epochs=3'];
const settings = (keys: readonly string[]) => keys.flatMap((key) => ['--set', key]);

export interface DistillOptions {
  data: string;
  runs: string;
  iterations?: number;
  /** More settings, `key=value`. */
  more?: string[];
}

/** `haba distill` and what it takes. */
export function distillCommand({ data, runs, iterations = 60, more = [] }: DistillOptions): string[] {
  const command = `distill --profile smoke --dataset mnist --bases 1 --iterations ${iterations}`.split(' ');
  return [...command, ...settings([...small, ...smallMatch, ...more]), '--data', data, '--runs', runs];
}

/** `haba experts` and what it takes. */
export function expertsCommand(data: string, experts: string): string[] {
  const command = 'experts --profile smoke --dataset mnist'.split(' ');
  const counts = ['matching.experts.count=2', 'matching.experts.epochs=10', 'matching.experts.batchSize=10'];
  return [...command, ...settings([...small, ...counts]), '--data', data, '--experts', experts];
}

export function startChild(...given: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'child.ts'), ...given], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

function namesUnder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

/** The one folder in a folder. */
export function onlyFolder(folder: string): string {
  const [name] = existsSync(folder) ? readdirSync(folder) : [];
  return path.join(folder, name ?? 'none');
}

export function distillation(folder: string): Victim {
  const [data, runs] = [path.join(folder, 'data'), path.join(folder, 'runs')];
  writeDigits(data);
  return {
    name: 'distillation (iterations)',
    start: () => startHaba(distillCommand({ data, runs, iterations: 300 })).child,
    mark: () => {
      const run = onlyFolder(runs);
      const students = path.join(onlyFolder(path.join(run, 'students')), 'students.jsonl');
      return sizeOf(path.join(run, 'metrics.jsonl')) + sizeOf(students);
    },
    longest: 2000,
    content: () => contentOf(runs),
    reset: () => remove(runs),
    repeated() {
      const metrics = path.join(onlyFolder(runs), 'metrics.jsonl');
      const checkpoint = path.join(onlyFolder(runs), 'checkpoint.safetensors');
      const lines = existsSync(metrics) ? readFileSync(metrics, 'utf8').split('\n').length - 1 : 0;
      return Math.max(0, lines - (existsSync(checkpoint) ? Number(readSafetensors(checkpoint).metadata.iteration) : 0));
    },
  };
}

export function expertTraining(folder: string): Victim {
  const [data, experts] = [path.join(folder, 'data'), path.join(folder, 'experts')];
  writeDigits(data);
  const epochs = () => namesUnder(experts).filter((name) => /epoch-\d+\.safetensors$/.test(name));
  return {
    name: 'expert training',
    start: () => startHaba(expertsCommand(data, experts)).child,
    mark: () => epochs().length,
    longest: 1500,
    content: () => contentOf(experts),
    reset: () => remove(experts),
    inspect: () => {
      // Reading checks the layout to the last byte.
      for (const name of epochs()) readSafetensors(path.join(experts, name));
    },
  };
}

/** A server of one archive that takes about two seconds to send it, from any byte on. */
export async function archiveServer() {
  const random = Random.stream(2, 'test');
  const archive = pack();
  for (const name of cifar10.files) {
    archive.entry({ name: `cifar-10-batches-bin/${name}` }, Buffer.from(random.integers(3073 * 60, 10)));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  let sent = 0;
  const server: Server = createServer((request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start >= content.length) return response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 ? range : {}),
    });
    let at = start;
    const timer = setInterval(() => {
      const part = content.subarray(at, at + 8192);
      at += part.length;
      sent += part.length;
      response.write(part);
      if (at >= content.length) {
        clearInterval(timer);
        response.end();
      }
    }, 10);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/cifar-10-binary.tar`,
    md5: createHash('md5').update(content).digest('hex'),
    bytes: content.length,
    /** Bytes sent so far, to whoever. */
    sent: () => sent,
    close: () => server.close(),
  };
}

export function downloading(folder: string, server: Awaited<ReturnType<typeof archiveServer>>): Victim {
  const data = path.join(folder, 'downloaded');
  const part = path.join(data, '.cifar10.fetching', 'cifar-10-binary.tar.part');
  let counted = 0;
  let kept = 0;
  return {
    name: 'download (bytes)',
    start: () => {
      mkdirSync(data, { recursive: true });
      [counted, kept] = [server.sent(), sizeOf(part)];
      return startChild('download', server.address, server.md5, data);
    },
    mark: () => server.sent(),
    longest: 400,
    content: () => contentOf(data),
    reset: () => remove(data),
    // What was sent in this session and did not reach the disk.
    repeated: () => (existsSync(part) ? Math.max(0, server.sent() - counted - (sizeOf(part) - kept)) : 0),
  };
}

/** @param set a distilled set */
export function figureExport(folder: string, set: string): Victim {
  const results = path.join(folder, 'results');
  const changed = (name: string) => statSync(path.join(results, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return {
    name: 'figure export',
    start: () => startChild('figures', set, results),
    mark: () =>
      namesUnder(results)
        .map((name) => `${name} ${changed(name)}`)
        .join(),
    longest: 700,
    content: () => contentOf(results),
    reset: () => remove(results),
    inspect(whole: Content) {
      for (const [name, bytes] of contentOf(results)) {
        if (whole.has(name) && !whole.get(name)!.equals(bytes)) throw new Error(`${name} was not whole after a kill`);
      }
    },
  };
}

/** A distilled set of two classes. */
export async function writeSmallSet(file: string): Promise<void> {
  await useBackend();
  const data = smallData();
  const { imageShape, classCount } = data.train;
  const configuration = configure({
    profile: 'smoke',
    dataset: 'shapes',
    set: { kind: 'haba', basesPerClass: 2, hallucinators: 2 },
  });
  const parameters = createDistilledSet({ ...configuration.set, imageShape, classCount }).init(
    Random.stream(0, 'test'),
    data.train,
  );
  writeDistilledSet(file, { parameters, configuration, data, run: 'abc' });
  disposeAll(parameters);
}
