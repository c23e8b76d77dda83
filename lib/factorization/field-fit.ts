/** What DDiF's fields start from: each is fitted to a real image, many in one batched product. */
import { compile } from '../tensor/compile';
import { valueAndGradients } from '../tensor/gradient';
import { adamCorrections, adamStep } from '../tensor/optimiser';
import { addPrefix, disposeAll, mapParameters, withPrefix, type Parameters } from '../tensor/parameters';
import { tf } from '../tensor/tensorflow';
import { decodeFields, initFields, type FieldSizes } from './ddif';
import type { Preparation } from './distilled-set';
import { initialItems } from './stored-items';

export interface FieldFitOptions extends FieldSizes {
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  /** Fields of a class. */
  perClass: number;
  /** Steps of Adam for each field. */
  steps: number;
  /** Of Adam. The authors' 5e-4, with 5,000 steps. */
  learningRate: number;
  /** Fields that are fitted together. Default: as many as keep one layer's activations within 16 MB. */
  together?: number;
}

/** Floats of one layer's activations, of all fields that are fitted together. */
const largestLayer = 4 * 2 ** 20;

type Inputs = {
  fields: Parameters;
  mean: Parameters;
  square: Parameters;
  targets: tf.Tensor4D;
  corrections: { mean: tf.Scalar; square: tf.Scalar };
};

/**
 * Minimises the mean square of each field's difference from its image, by Adam, field by field: fields do not meet in the sum, so
 * that those of one group come out alike however many groups there are. Groups follow one another.
 */
export function fieldFit(options: FieldFitOptions): Preparation {
  const { imageShape, items, hidden, channels, perClass, steps, learningRate } = options;
  const [height, width] = imageShape;
  const most = Math.floor(largestLayer / (height * width * Math.max(hidden, channels)));
  const { together = Math.min(items, Math.max(1, most)) } = options;
  const groups = Math.ceil(items / together);
  const size = (group: number) => Math.min(together, items - group * together);
  return {
    name: 'fitting fields',
    steps: groups * steps,
    images: together,
    begin(random, source, start) {
      const step = compile(
        ({ fields, mean, square, targets, corrections }: Inputs) => {
          const error = (current: Parameters) =>
            decodeFields(current, [height, width]).sub(targets).square().mean([1, 2, 3]).sum().asScalar();
          const { value, gradients } = valueAndGradients(error, fields);
          value.dispose();
          return adamStep(fields, gradients, { mean, square }, { learningRate, corrections });
        },
        { name: 'field fit' },
      );
      const shape = [items, ...imageShape];
      const targets = initialItems(random, source, { perClass, initialisation: 'real', shape, start });
      /** A group's tensors of one of three kinds. */
      const place = (group: number, kind: 'fields' | 'mean' | 'square') => `${group}.${kind}.`;
      return {
        start: () =>
          tf.tidy(() => {
            const all = initFields(random.stream('fields'), options);
            return Object.assign(
              {},
              ...Array.from({ length: groups }, (_, group) => {
                const fields = mapParameters(all, (stacked) => stacked.slice(group * together, size(group)));
                const zeros = () => mapParameters(fields, (tensor) => tf.zerosLike(tensor));
                return {
                  ...addPrefix(fields, place(group, 'fields')),
                  ...addPrefix(zeros(), place(group, 'mean')),
                  ...addPrefix(zeros(), place(group, 'square')),
                };
              }),
            ) as Parameters;
          }),
        step(state, done) {
          const group = Math.floor(done / steps);
          const part = (kind: 'fields' | 'mean' | 'square') => withPrefix(state, place(group, kind));
          const before = { fields: part('fields'), mean: part('mean'), square: part('square') };
          const next = tf.tidy(() =>
            step({
              ...before,
              targets: targets.slice(group * together, size(group)) as tf.Tensor4D,
              corrections: mapCorrections(adamCorrections((done % steps) + 1)),
            }),
          );
          disposeAll(before.fields, before.mean, before.square);
          return {
            ...state,
            ...addPrefix(next.parameters, place(group, 'fields')),
            ...addPrefix(next.mean, place(group, 'mean')),
            ...addPrefix(next.square, place(group, 'square')),
          };
        },
        finish: (state) =>
          mapParameters(withPrefix(state, place(0, 'fields')), (_, name) =>
            tf.concat(Array.from({ length: groups }, (_, group) => state[`${place(group, 'fields')}${name}`])),
          ),
        dispose() {
          targets.dispose();
          step.dispose();
        },
      };
    },
  };
}

function mapCorrections({ mean, square }: { mean: number; square: number }): Inputs['corrections'] {
  return { mean: tf.scalar(mean), square: tf.scalar(square) };
}
