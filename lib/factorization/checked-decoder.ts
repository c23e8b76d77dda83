/** What a kind of set answers, with errors that say what is wrong, instead of TensorFlow's on the way. */
import { disposeAll, type Parameters } from '../tensor/parameters';
import type { Random } from '../tensor/random';
import { tf } from '../tensor/tensorflow';
import { balancedChoice } from './balanced-choice';
import type { Choice, Decoder, DistilledSet } from './distilled-set';
import type { TensorSpec } from './parameterisation';
import { requireOwnNames } from './tensor-names';

type Declared = Readonly<Record<string, TensorSpec>>;

/** What a decoder is checked against. */
export type Checked = Pick<DistilledSet, 'kind' | 'tensors' | 'imageShape' | 'itemCount'>;

/**
 * The decoder of a kind, which says what is wrong with what it makes: with its tensors when they are made, and with its images, of
 * which it decodes a few then, before anything long is begun.
 * @throws RangeError where it is none, and for tensors that could not be learned or stored
 */
export function checked(decoder: Decoder, { kind, tensors, imageShape, itemCount }: Checked) {
  requireDecoder(kind, decoder);
  requireLearning(kind, tensors);
  requireOwnNames(kind, Object.keys(tensors));
  const { views = 1, formations = 1 } = decoder;
  const images = (parameters: Parameters, choice: Choice) => {
    const decoded = decoder.images(parameters, choice);
    requireImages(kind, decoded, [formations * choice.items.shape[0], ...imageShape]);
    return decoded;
  };
  const init: Decoder['init'] = (random, source, start) => {
    const parameters = decoder.init(random, source, start);
    try {
      requireDeclared(kind, parameters, tensors);
      tf.tidy(() => {
        const [items, view] = [[0, itemCount - 1], tf.zeros<tf.Rank.R1>([2], 'int32')];
        images(parameters, { items: tf.tensor1d(items, 'int32'), hallucinators: view });
      });
      return parameters;
    } catch (error) {
      disposeAll(parameters);
      throw error;
    }
  };
  const draw = (random: Random, items: Int32Array) => {
    if (decoder.draw === undefined) return balancedChoice(random, items.length, views);
    const drawn = decoder.draw(random, items);
    requireViews(kind, drawn, { count: items.length, views });
    return drawn;
  };
  return { ...decoder, views, formations, draw, init, images };
}

function requireDecoder(kind: string, decoder: Decoder): void {
  const missing = (['init', 'images'] as const).find((one) => typeof decoder?.[one] !== 'function');
  if (missing !== undefined) {
    throw new RangeError(
      `The kind '${kind}' has no '${missing}': 'create' returns { init, images }, where 'init' makes the tensors of the start, and 'images' makes images of those.`,
    );
  }
  for (const key of ['views', 'formations'] as const) {
    const { [key]: given = 1 } = decoder;
    if (Number.isSafeInteger(given) && given >= 1) continue;
    throw new RangeError(`The kind '${kind}' has '${key}' = ${given}; allowed are whole numbers from 1 on.`);
  }
}

function requireLearning(kind: string, tensors: Declared): void {
  const learned = Object.entries(tensors).filter(([, { part }]) => part !== undefined);
  if (learned.length === 0) {
    const listed = Object.keys(tensors).join(', ') || 'none';
    throw new RangeError(
      `The kind '${kind}' has nothing that learns: of its tensors (${listed}) none has a 'part', the label of the optimiser that moves it.`,
    );
  }
  const [odd] = learned.filter(([, { type = 'float32' }]) => type !== 'float32');
  if (odd === undefined) return;
  throw new RangeError(
    `The kind '${kind}': its tensor '${odd[0]}' has the part '${odd[1].part}' and the type ${odd[1].type}; what learns is float32, and what is of another type has no part.`,
  );
}

/** What is made must be what is said to be stored: budgets, files and optimisers go by that. */
function requireDeclared(kind: string, parameters: Parameters, tensors: Declared): void {
  const told = (shape?: readonly number[]) => (shape ? `is [${shape.join(', ')}]` : 'is missing');
  for (const name of Object.keys({ ...tensors, ...parameters })) {
    const [made, declared] = [parameters, tensors].map((record) => told(record[name]?.shape));
    if (made !== declared) {
      throw new Error(
        `The kind '${kind}': of its tensor '${name}' what \`init\` makes ${made}, and what \`tensors\` says ${declared}.`,
      );
    }
    const { dtype } = parameters[name];
    if (tensors[name].part === undefined || dtype === 'float32') continue;
    throw new Error(
      `The kind '${kind}': its tensor '${name}' learns, and \`init\` makes it ${dtype}; what learns is float32.`,
    );
  }
}

function requireViews(kind: string, drawn: Int32Array, { count, views }: { count: number; views: number }): void {
  const odd = Array.from(drawn).find((view) => !(Number.isInteger(view) && view >= 0 && view < views));
  if (drawn.length === count && odd === undefined) return;
  throw new RangeError(
    `\`draw\` of the kind '${kind}' returned ${drawn.length} views${odd === undefined ? '' : `, ${odd} among them`}; expected ${count}, one for each item, from 0 to ${views - 1}.`,
  );
}

function requireImages(kind: string, images: tf.Tensor4D, wanted: readonly number[]): void {
  if (images?.shape?.join() === wanted.join() && images.dtype === 'float32') return;
  const given = images?.shape ? `[${images.shape.join(', ')}] of ${images.dtype}` : `no tensor (${typeof images})`;
  throw new RangeError(
    `\`images\` of the kind '${kind}' returned ${given}; expected [${wanted.join(', ')}] of float32: an image of [height, width, channels] for each formation of each item asked for.`,
  );
}
