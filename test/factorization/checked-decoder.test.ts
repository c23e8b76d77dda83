/** Kinds of set that contradict themselves: told what is wrong before anything long is begun, operation by operation and as graphs. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { createDistilledSet, type DistilledSetOptions } from '../../lib/factorization/create-distilled-set';
import type { Decoder, DistilledSet } from '../../lib/factorization/distilled-set';
import type { Parameterisation } from '../../lib/factorization/parameterisation';
import { registerParameterisation, type OwnSet } from '../../lib/factorization/parameterisations';
import { run } from '../../lib/runs/run';
import { useBackend } from '../../lib/tensor/backend';
import { compile } from '../../lib/tensor/compile';
import { withExecution } from '../../lib/tensor/execution';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';
import { createProgress } from '../../lib/terminal/progress';
import { smallSource } from '../small-source';
import { lowRankSet } from './low-rank';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-checked-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const source = smallSource({ perClass: 20 });
const [height, width] = source.imageShape;
const inputs = { imageShape: source.imageShape, classCount: 2, ipc: 3, rank: 4 };

/** Images of low rank with something else in the place of what they say, as a kind of its own. */
function broken(kind: string, change: Partial<Parameterisation<{ ipc: number; rank: number }>>): OwnSet {
  return registerParameterisation({ ...lowRankSet, kind, label: kind, ...change })();
}

/** The same with a decoder that differs. */
const decoding = (kind: string, change: (decoder: Decoder) => object): OwnSet =>
  broken(kind, {
    create(options, shape) {
      const decoder = lowRankSet.create(options, shape);
      return { ...decoder, ...change(decoder) };
    },
  });

const create = (set: OwnSet): DistilledSet => createDistilledSet({ ...set, ...inputs } as DistilledSetOptions);

/** What decodes images, and makes something else of them. */
const making = (kind: string, make: (images: tf.Tensor4D) => unknown): OwnSet =>
  decoding(kind, (decoder) => ({
    images: (...given: Parameters<Decoder['images']>) => make(decoder.images(...given)),
  }));

test('images of other channels, numbers and types are told beside what is expected, when the set begins, and nothing is left', () => {
  const tensors = tf.memory().numTensors;
  const refused = (kind: string, make: (images: tf.Tensor4D) => unknown, given: string) => {
    const expected = `[2, ${height}, ${width}, 3] of float32: an image of [height, width, channels] for each formation of each item`;
    assert.throws(
      () => create(making(kind, make)).init(Random.stream(0), source),
      (error: Error) =>
        error.message.startsWith(`\`images\` of the kind '${kind}' returned ${given}; expected ${expected}`),
    );
  };
  refused('grey', (images) => images.mean(3, true), `[2, ${height}, ${width}, 1] of float32`);
  refused('one-image', (images) => images.slice(0, 1), `[1, ${height}, ${width}, 3] of float32`);
  refused('twice', (images) => tf.concat([images, images]), `[4, ${height}, ${width}, 3] of float32`);
  refused('whole-numbers', (images) => images.toInt(), `[2, ${height}, ${width}, 3] of int32`);
  refused('async', (images) => Promise.resolve(images), 'no tensor (object)');
  refused('nothing', () => undefined, 'no tensor (undefined)');
  assert.equal(tf.memory().numTensors, tensors);
});

test('formations count: of two, as many images again', () => {
  const cut = decoding('cut', (decoder) => ({
    formations: 2,
    images: (...given: Parameters<Decoder['images']>) => tf.concat([0, 1].map(() => decoder.images(...given))),
  }));
  tf.tidy(() => create(cut).init(Random.stream(0), source));
});

for (const mode of ['eager', 'compiled'] as const) {
  test(`${mode}: an error of later images says the same`, () => {
    const set = create(making('only-pairs', (images) => images.slice(0, 2)));
    const parameters = set.init(Random.stream(0), source);
    const choice = { items: tf.tensor1d([0, 1, 2], 'int32'), hallucinators: tf.zeros<tf.Rank.R1>([3], 'int32') };
    const decode = compile((given: typeof choice) => set.images(parameters, given), { name: 'decoding' });
    withExecution(mode, () =>
      assert.throws(() => decode(choice), /`images` of the kind 'only-pairs' returned \[2, .*; expected \[3, /),
    );
    tf.dispose([parameters, choice]);
    decode.dispose();
  });
}

test('what is no decoder, and numbers of views and formations that are none', () => {
  const refused = (change: object, message: RegExp) =>
    assert.throws(() => create(decoding('no-decoder', () => change)), message);
  refused({ images: undefined }, /The kind 'no-decoder' has no 'images': 'create' returns \{ init, images \}/);
  refused({ init: 3 }, /has no 'init'/);
  refused({ views: 0 }, /has 'views' = 0; allowed are whole numbers from 1 on/);
  refused({ formations: 1.5 }, /has 'formations' = 1.5; allowed are whole numbers from 1 on/);
});

const tensorsOf: (typeof lowRankSet)['tensors'] = (...given) => lowRankSet.tensors(...given);

test('a set where nothing learns, and integers that would learn', () => {
  const fixed = broken('fixed', {
    tensors(...given) {
      const { coefficients, dictionary, centre } = tensorsOf(...given);
      return { coefficients: { shape: coefficients.shape }, dictionary: { shape: dictionary.shape }, centre };
    },
  });
  assert.throws(
    () => create(fixed),
    /'fixed' has nothing that learns: of its tensors \(coefficients, dictionary, centre\) none has a 'part', the label of the optimiser/,
  );
  const centre = (kind: string, type?: 'uint8') =>
    broken(kind, {
      tensors: (...given) => {
        const others = tensorsOf(...given);
        return { ...others, centre: { ...others.centre, part: 'dictionary', type } };
      },
    });
  assert.throws(
    () => create(centre('bytes', 'uint8')),
    /its tensor 'centre' has the part 'dictionary' and the type uint8; what learns is float32/,
  );
  const tensors = tf.memory().numTensors;
  assert.throws(
    () => create(centre('integers')).init(Random.stream(0), source),
    /'integers': its tensor 'centre' learns, and `init` makes it int32; what learns is float32/,
  );
  assert.equal(tf.memory().numTensors, tensors);
});

const input: ConfigurationInput = {
  profile: 'smoke',
  dataset: 'shapes',
  network: { width: 4, depth: 2 },
  iterations: 1,
  evaluation: { students: 1, updates: 1 },
};

/** A kind whose tensor `centre` is called otherwise. */
const calling = (kind: string, name: string): OwnSet =>
  broken(kind, {
    tensors(...given) {
      const { centre, ...others } = tensorsOf(...given);
      return { ...others, [name]: centre };
    },
    create(...given) {
      const decoder = lowRankSet.create(...given);
      return {
        init(...start) {
          const { centre, ...others } = decoder.init(...start);
          return { ...others, [name]: centre };
        },
        images: ({ [name]: centre, ...others }, choice) => decoder.images({ ...others, centre }, choice),
      };
    },
  });

test('names that a file has for something else are refused before a run is begun, and others are not', async () => {
  const places = { runs: path.join(folder, 'runs'), progress: createProgress({ form: 'silent' }) };
  for (const [place, name] of ['whitening.x', 'centre#step', 'softLabels', 'labelLogits', '__metadata__'].entries()) {
    await assert.rejects(run({ ...input, set: calling(`taken-${place}`, name) }, places), (error: Error) =>
      error.message.startsWith(
        `The kind 'taken-${place}' has a tensor '${name}', which its file would take for something else. Not allowed are softLabels, labelLogits, __metadata__, names that begin with 'whitening.', and names with '#': rename it.`,
      ),
    );
  }
  assert.deepEqual(existsSync(places.runs) ? readdirSync(places.runs) : [], []);
  create(calling('free', 'labels.whitening'));
});

test('what is wrong with a set is said before experts are trained for it', async () => {
  const places = {
    runs: path.join(folder, 'mtt'),
    experts: path.join(folder, 'experts'),
    makeExperts: true,
    progress: createProgress({ form: 'silent' }),
  };
  const matching = { method: 'mtt' } as const;
  const grey = making('grey-mtt', (images) => images.mean(3, true));
  await assert.rejects(run({ ...input, matching, set: grey }, places), /`images` of the kind 'grey-mtt' returned/);
  const partless = broken('partless-mtt', { optimisers: undefined });
  await assert.rejects(run({ ...input, matching, set: partless }, places), /which has no optimiser/);
  assert.ok(!existsSync(places.experts));
});
