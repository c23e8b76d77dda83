/** Readers of what runs write, and of configurations, for the fuzzer. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { currentHolder, takeLock } from '../../lib/files/lock';
import { writeSealed } from '../../lib/files/sealed-json';
import { readCheckpoint, writeCheckpoint } from '../../lib/distillation/checkpoint';
import { configure, type ConfigurationInput } from '../../lib/distillation/configuration';
import { releaseState, type DistillationState } from '../../lib/distillation/distillation';
import { readDistilledSet, writeDistilledSet } from '../../lib/runs/distilled-file';
import { readGoldenCase } from '../../lib/tools/parity/golden-case';
import { sealedLine } from '../../lib/files/json-lines';
import { sealedText } from '../../lib/files/sealed-json';
import {
  readIdentity,
  readMetrics,
  readSelection,
  readSessions,
  readSetResult,
  readStudents,
  setFiles,
  studentsFiles,
} from '../../lib/runs/run-files';
import { listRuns } from '../../lib/runs/run-store';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { perClassOf } from '../../lib/factorization/parameterisations';
import type { ExpertSettings } from '../../lib/matching/experts/expert-identity';
import { expertsFolder } from '../../lib/matching/experts/experts-folder';
import { openExperts } from '../../lib/matching/experts/open-experts';
import { trainExperts } from '../../lib/matching/experts/train-experts';
import { createAugmentation } from '../../lib/data/dsa';
import { composeNetwork } from '../../lib/networks/network';
import { useBackend } from '../../lib/tensor/backend';
import { disposeAll, type Parameters } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { checksumOf, readSafetensors, writeSafetensors, type StoredTensor } from '../../lib/files/safetensors';
import { tf } from '../../lib/tensor/tensorflow';
import { smallData } from '../distillation/small-world';
import { hold, type Reader, type Target } from './fuzz';
import { jsonText, mutateJson, pick, type Json } from './mutate';

const finite = (values: readonly number[]) => values.every(Number.isFinite);

/** The same file with another header of the right length, or with other texts in its metadata. */
function lyingHeader(valid: Buffer): (random: Random) => Buffer {
  const headerBytes = Number(valid.readBigUInt64LE());
  const header = JSON.parse(valid.toString('utf8', 8, 8 + headerBytes)) as Record<string, Json>;
  const data = valid.subarray(8 + headerBytes);
  return (random) => {
    let changed: Json = header;
    const metadata = header.__metadata__ as Record<string, string> | undefined;
    if (metadata && Object.keys(metadata).length > 0 && random.integer(3) > 0) {
      const key = pick(Object.keys(metadata), random);
      changed = { ...header, __metadata__: { ...metadata, [key]: lyingText(metadata[key], random) } };
    } else {
      changed = mutateJson(header, random);
    }
    const json = Buffer.from(jsonText(random.integer(4) === 0 ? changed : resealed(changed, data)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, data]);
  };
}

/** With a checksum that fits, so that what lies behind it is tried, too. */
function resealed(header: Json, data: Buffer): Json {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return header;
  const given = header.__metadata__;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return header;
  const metadata = Object.fromEntries(Object.entries(given).filter(([key]) => key !== 'sha256'));
  const sha256 = checksumOf(header, metadata as Record<string, string>, (hash) => hash.update(data));
  return { ...header, __metadata__: { ...metadata, sha256 } };
}

function lyingText(text: string, random: Random): string {
  try {
    return jsonText(mutateJson(JSON.parse(text) as Json, random));
  } catch {
    return pick(['['.repeat(100_000), '', '-1', 'NaN', '1e999', '[]', '{}', '0x10', '9'.repeat(400)], random);
  }
}

/** Tensors are counted: none may be left, whether a file is refused or accepted. */
function counted(read: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    const before = tf.memory().numTensors;
    try {
      await read();
    } finally {
      hold(tf.memory().numTensors === before, `${tf.memory().numTensors - before} tensors are left behind`);
    }
  };
}

function safetensorsTarget(file: string): Target {
  const valid = readFileSync(file);
  return { file, valid: [valid], lies: [lyingHeader(valid)] };
}

/** As {@link safetensorsTarget}, with lies whose checksum is right, too. */
function sealedTensorsTarget(file: string): Target {
  const { tensors, metadata } = readSafetensors(file);
  const lie = (random: Random) =>
    bytesOf((place) => {
      const [key, name] = [pick(Object.keys(metadata), random), pick(Object.keys(tensors), random)];
      if (random.integer(3) > 0) {
        return writeSafetensors(place, tensors, { ...metadata, [key]: lyingText(metadata[key], random) });
      }
      const other: StoredTensor = { type: 'F64', shape: [1], values: new Float64Array(1) };
      const { [name]: tensor, ...others } = tensors;
      const values = pick([{}, { [name]: other }, { [name]: { ...tensor, shape: [tensor.values.length] } }], random);
      writeSafetensors(place, { ...others, ...values } as Record<string, StoredTensor>, metadata);
    });
  const target = safetensorsTarget(file);
  return { ...target, lies: [...(target.lies ?? []), lie] };
}

/** What is written to a place of its own. */
function bytesOf(write: (place: string) => void): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-lie-'));
  try {
    write(path.join(folder, 'lie'));
    return readFileSync(path.join(folder, 'lie'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const safetensorsReader: Reader = {
  name: 'safetensors',
  async setUp(folder) {
    await useBackend();
    const file = path.join(folder, 'file.safetensors');
    const tensors: Record<string, StoredTensor> = {
      pair: { type: 'F32', shape: [2, 3], values: new Float32Array(6).fill(1.5) },
      label: { type: 'I64', shape: [2], values: BigInt64Array.from([1n, -2n]) },
      step: { type: 'F64', shape: [], values: new Float64Array(1) },
      flags: { type: 'BOOL', shape: [3], values: Uint8Array.from([1, 0, 1]) },
      none: { type: 'U8', shape: [0, 4], values: new Uint8Array(0) },
    };
    writeSafetensors(file, tensors, { note: 'a note', op: '{"deep": [1]}' });
    return {
      targets: [safetensorsTarget(file)],
      read: () => {
        const read = readSafetensors(file);
        for (const { shape, values } of Object.values(read.tensors)) {
          const size = shape.reduce((product, side) => product * side, 1);
          hold(values.length === size, `a tensor of [${shape}] has ${values.length} values`);
        }
        hold(
          Object.values(read.metadata).every((text) => typeof text === 'string'),
          'metadata is no text',
        );
      },
    };
  },
};

const distilledReader: Reader = {
  name: 'distilled set',
  async setUp(folder) {
    await useBackend();
    const data = smallData();
    const { imageShape, classCount } = data.train;
    const files = (['images', 'haba', 'at 8 bits', 'at 2 bits'] as const).map((name) => {
      const kind = name === 'images' ? name : 'haba';
      const set: ConfigurationInput['set'] =
        kind === 'images' ? { kind, ipc: 1 } : { kind, basesPerClass: 1, hallucinators: 2 };
      const configuration = configure({ profile: 'smoke', dataset: 'shapes', set });
      const parameters = createDistilledSet({ ...configuration.set, imageShape, classCount }).init(
        Random.stream(0, 'test'),
        data.train,
      );
      const file = path.join(folder, `${name.replaceAll(' ', '-')}.safetensors`);
      const precision = { 'at 8 bits': 'int8', 'at 2 bits': 'int2' } as const;
      const stored = name in precision ? { of: 'ab', precision: precision[name as keyof typeof precision] } : undefined;
      writeDistilledSet(file, { parameters, configuration, data, run: 'abc', stored });
      disposeAll(parameters);
      return file;
    });
    return {
      targets: [...files.map(safetensorsTarget), ...files.slice(2).map(sealedTensorsTarget)],
      read: counted(() => {
        for (const file of files) {
          const distilled = readDistilledSet(file);
          const { parameters, classNames, configuration, ledger } = distilled;
          hold(Number.isSafeInteger(ledger.bits) && ledger.bits > 0, `it takes ${ledger.bits} bits`);
          distilled.dispose();
          const perClass = perClassOf(configuration.set);
          hold(parameters.bases.shape[0] === perClass * classNames.length, 'the bases are not those of the classes');
        }
      }),
    };
  },
};

const checkpointReader: Reader = {
  name: 'checkpoint',
  async setUp(folder) {
    await useBackend();
    const file = path.join(folder, 'checkpoint.safetensors');
    const record = (names: string[]): Parameters => Object.fromEntries(names.map((name) => [name, tf.ones([2, 2])]));
    const step = (names: string[]) => ({ parameters: record(names), velocity: record(names) });
    const state: DistillationState = {
      iteration: 7,
      set: step(['bases', 'hallucinators.enc.weight']),
      method: step(['stepSize']),
      adversary: step(['head.weight']),
    };
    writeCheckpoint(file, { state, metricsBytes: 99, run: 'abc' });
    return {
      targets: [safetensorsTarget(file)],
      read: counted(() => {
        const { state: read, metricsBytes } = readCheckpoint(file, state, { identity: 'abc' });
        releaseState(read);
        hold(Number.isSafeInteger(read.iteration) && read.iteration >= 0, `its iteration is ${read.iteration}`);
        hold(Number.isSafeInteger(metricsBytes) && metricsBytes >= 0, `its metrics have ${metricsBytes} bytes`);
        hold(read.set.parameters.bases.dtype === 'float32', 'its bases are no floats');
      }),
    };
  },
};

const goldenReader: Reader = {
  name: 'golden case',
  async setUp(folder) {
    await useBackend();
    const file = path.join(folder, 'case.safetensors');
    const config = { classes: 3, depth: 2, lr: 0.1, network: 'ConvNet', params: [['weight', [3, 4]]] };
    const images: StoredTensor = { type: 'F32', shape: [2, 1, 3, 3], values: new Float32Array(18) };
    writeSafetensors(file, { images }, { op: 'network', config: JSON.stringify(config) });
    return {
      targets: [safetensorsTarget(file)],
      read: counted(() =>
        tf.tidy(() => {
          const golden = readGoldenCase(file);
          hold(typeof golden.op === 'string', 'its op is no text');
          const { depth = 1, params = [] } = golden.config;
          hold(Number.isInteger(depth) && params.every(([name]) => typeof name === 'string'), 'its config is nonsense');
          for (const name of golden.names) golden.tensor(name);
        }),
      ),
    };
  },
};

const expertSettingsOfTest: ExpertSettings = {
  dataset: 'small',
  checksum: 'abc',
  whitening: 'normalise',
  network: { name: 'line', width: 2 },
  augmentation: 'none',
  learningRate: 0.01,
  momentum: 0,
  weightDecay: 0,
  batchSize: 8,
  seed: 0,
  holdOut: false,
};

/** The smallest network there is: mean colours times a matrix. */
const line = composeNetwork({
  name: 'line',
  init: (random) => ({ weight: random.normal([3, 2]) }),
  features: (_, images) => tf.tidy(() => images.mean<tf.Tensor2D>([1, 2])),
  classify: ({ weight }, features) => tf.tidy(() => tf.matMul(features, weight as tf.Tensor2D)),
});

const expertsReader: Reader = {
  name: 'experts',
  async setUp(folder) {
    await useBackend();
    const train = (epochs: number) =>
      trainExperts({
        settings: expertSettingsOfTest,
        data: smallData(),
        network: line,
        augmentation: createAugmentation('none'),
        count: 1,
        epochs,
        experts: folder,
      });
    await train(1);
    const home = expertsFolder(expertSettingsOfTest, folder);
    const manifest = path.join(home, 'manifest.json');
    const epoch = path.join(home, 'expert-000', 'epoch-001.safetensors');
    const state = path.join(home, 'expert-000', 'state.safetensors');
    return {
      targets: [{ ...sealedJsonTarget(manifest), named: home }, sealedTensorsTarget(epoch), sealedTensorsTarget(state)],
      read: counted(async () => {
        const draw = openExperts({
          settings: expertSettingsOfTest,
          shapes: { weight: [3, 2] },
          count: 1,
          latestStartEpoch: 1,
          expertEpochs: 1,
          experts: folder,
        });
        const { start, target } = draw(Random.stream(0, 'test'));
        disposeAll(start, target);
        const { seconds } = await train(0);
        hold(Number.isFinite(seconds) && seconds >= 0, `training took ${seconds} seconds`);
      }),
    };
  },
};

/** Of a sealed file; half of its lies are sealed as it is. */
function sealedJsonTarget(file: string): Target {
  const { seal, ...value } = JSON.parse(readFileSync(file, 'utf8')) as { seal: { of: string } } & Record<string, Json>;
  const target = jsonTarget(file, { ...value, seal });
  const lie = (random: Random) =>
    bytesOf((place) => writeSealed(place, seal.of, { ...(mutateJson(value, random) as Record<string, Json>) }));
  return { ...target, lies: [...(target.lies ?? []), lie] };
}

function jsonTarget(file: string, value: Json): Target {
  return {
    file,
    valid: [Buffer.from(JSON.stringify(value, undefined, 2))],
    lies: [
      (random) => Buffer.from(random.integer(50) === 0 ? '['.repeat(100_000) : jsonText(mutateJson(value, random))),
    ],
  };
}

/** Sealed by the identity that its reader expects; lies are sealed, too, three times of four. */
function sealedTarget(file: string, identity: string, value: object): Target {
  const lie = (random: Random) => {
    const changed = mutateJson(value as Json, random);
    const isRecord = typeof changed === 'object' && changed !== null && !Array.isArray(changed);
    return Buffer.from(isRecord && random.integer(4) > 0 ? sealedText(identity, changed) : jsonText(changed));
  };
  return { file, valid: [Buffer.from(sealedText(identity, value))], lies: [lie] };
}

function linesTarget(file: string, identity: string, values: Json[]): Target {
  const text = (lines: Json[]) => {
    let seal = '';
    const sealed = lines.map((value) => {
      if (typeof value !== 'object' || value === null) return `${jsonText(value)}\n`;
      const next = sealedLine(identity, seal, value);
      seal = next.seal;
      return next.line;
    });
    return Buffer.from(sealed.join(''));
  };
  return {
    file,
    valid: [text(values)],
    lies: [
      (random) => text(values.map((value) => (random.integer(2) === 0 ? value : mutateJson(value, random)))),
      (random) => {
        const whole = text(values);
        return whole.subarray(0, random.integer(whole.length));
      },
    ],
  };
}

const runStoreReader: Reader = {
  name: 'run store',
  setUp(folder) {
    const [hash, ofStudents] = ['0123456789', 'abcdef0123'];
    const run = path.join(folder, `haba-dm-shapes-${hash}`);
    const files = setFiles(run);
    const students = path.join(files.students, `ConvNet-9updates-test-${ofStudents}`);
    mkdirSync(students, { recursive: true });
    const configuration = configure({ profile: 'smoke', dataset: 'shapes', iterations: 3 }) as unknown as Json;
    const result = { storedFloats: 9, imagesPerClass: 1, seconds: 3, peakBytes: 99 };
    const iterations = [1, 2, 3].map((iteration) => ({
      iteration,
      loss: 0.5,
      cosine: 0.2,
      adversaryLoss: 1,
      seconds: 0.1,
    }));
    const trained = [0.4, 0.6].map((accuracy) => ({ accuracy, images: 20, updates: 9, seconds: 1 }));
    const sessions = { sessions: [{ began: '2026-01-01T00:00:00Z', node: 'v20', commit: null, seconds: 3 }] };
    const targets = [
      sealedTarget(files.configuration, hash, { kind: 'distillation', configuration, dataChecksum: 'abc' }),
      sealedTarget(files.environment, hash, sessions),
      sealedTarget(files.result, hash, result),
      sealedTarget(files.selection, hash, { images: [3, 1, 2] }),
      linesTarget(files.metrics, hash, iterations),
      sealedTarget(studentsFiles(students).configuration, ofStudents, { network: {}, evaluation: {} }),
      linesTarget(studentsFiles(students).results, ofStudents, trained),
    ];
    for (const { file, valid } of targets) writeFileSync(file, valid[0]);
    const place = { folder: run, hash };
    return {
      targets,
      read: () => {
        const [listed] = listRuns(folder);
        hold(listed.folder === run && listed.bytes > 0, 'the list lacks the run');
        hold(typeof readIdentity(run).configuration === 'object', 'the identity is no record');
        hold(
          readSessions(place).every(({ seconds }) => Number.isFinite(seconds)),
          'a session has no time',
        );
        const read = readSetResult(place);
        if (read) hold(finite([read.storedFloats, read.seconds]), 'the result is no number');
        hold(readSelection(place).length > 0, 'nothing is selected');
        hold(
          readMetrics(run).every(({ iteration, loss }) => Number.isInteger(iteration) && typeof loss === 'number'),
          'a line of metrics makes no sense',
        );
        hold(
          readStudents({ folder: students, hash: ofStudents }).every(({ accuracy }) => accuracy >= 0 && accuracy <= 1),
          'a student has no accuracy',
        );
      },
    };
  },
};

/** Whoever holds it is asked for, waited for, or taken over; a lock that cannot be read belongs to nobody. */
const holderReader: Reader = {
  name: 'lock holder',
  setUp(folder) {
    const file = path.join(folder, 'holder.json');
    const holder = { pid: 2 ** 22 - 1, host: 'elsewhere', since: '2026-01-01T00:00:00Z', started: null, token: 't' };
    const target = jsonTarget(file, holder);
    writeFileSync(file, target.valid[0]);
    return {
      targets: [{ ...target, named: /^folder is held by process \d+ on / }],
      read: async () => {
        const holderThere = currentHolder(folder);
        if (holderThere) {
          hold(Number.isInteger(holderThere.pid) && typeof holderThere.host === 'string', 'the holder makes no sense');
          return;
        }
        const lock = await takeLock(folder, { wait: false });
        await lock.release();
        writeFileSync(file, target.valid[0]);
      },
    };
  },
};

const configurationReader: Reader = {
  name: 'configuration',
  setUp(folder) {
    // What a person writes comes as a value; here it goes through a file so that all readers are fed alike.
    const file = path.join(folder, 'input.json');
    const inputs: ConfigurationInput[] = [
      {},
      ...(['dm', 'dc', 'dsa', 'mtt'] as const).map((method) => configure({ matching: { method } })),
      configure({ profile: 'paper', set: { kind: 'images', ipc: 50 } }),
    ];
    const valid = inputs.map((input) => Buffer.from(JSON.stringify(input)));
    writeFileSync(file, valid[0]);
    let parsed: unknown;
    return {
      targets: [
        {
          file,
          valid,
          lies: inputs.map((input) => (random: Random) => Buffer.from(jsonText(mutateJson(input as Json, random)))),
          // A key may have quotes in it.
          named: /^Configuration: ('.*' |expected an object of settings)/,
        },
      ],
      read: () => {
        try {
          parsed = JSON.parse(readFileSync(file, 'utf8'));
        } catch {
          // Byte changes leave JSON now and then; the values are what is tested.
          parsed = {};
        }
        const complete = configure(parsed as ConfigurationInput);
        hold(JSON.stringify(configure(complete)) === JSON.stringify(complete), 'completing it again changes it');
        const numbers = JSON.stringify(complete).includes('null');
        hold(!numbers, 'it holds a number that is none');
      },
    };
  },
};

export const runReaders: Reader[] = [
  safetensorsReader,
  distilledReader,
  checkpointReader,
  goldenReader,
  expertsReader,
  runStoreReader,
  holderReader,
  configurationReader,
];
