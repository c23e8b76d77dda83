/** Layers of a mean, its interval and its measurements; what is not a channel does not compile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intervalLayers } from '../../lib/report/interval-layers';

const rows = [
  { network: 'ConvNet', mean: 2, low: 1, high: 3, values: [1.5, 2.5] },
  { network: 'VGG11', mean: 5, low: 5, high: 5, values: [5] },
];
const axis = { title: 'test accuracy (%)' };
const network = { field: 'network', type: 'nominal' } as const;

const marks = (layers: ReturnType<typeof intervalLayers>) =>
  layers.map(({ mark }) => (typeof mark === 'string' ? mark : mark.type));

test('values lie along x by default: a rule from low to high, a tick a measurement, a point a mean', () => {
  const layers = intervalLayers(rows, { axis, encoding: { y: network } });
  assert.deepEqual(marks(layers), ['rule', 'tick', 'point']);
  const x = { type: 'quantitative', title: 'test accuracy (%)' };
  assert.deepEqual(
    layers.map(({ encoding }) => encoding),
    [
      { y: network, x: { ...x, field: 'low' }, x2: { field: 'high' } },
      { y: network, x: { ...x, field: 'value' } },
      { y: network, x: { ...x, field: 'mean' } },
    ],
  );
  assert.deepEqual(layers[1].data, {
    values: [
      { network: 'ConvNet', mean: 2, low: 1, high: 3, value: 1.5 },
      { network: 'ConvNet', mean: 2, low: 1, high: 3, value: 2.5 },
      { network: 'VGG11', mean: 5, low: 5, high: 5, value: 5 },
    ],
  });
});

test('along y, joined, with channels of the point alone: a line below the rest, only the point has a shape', () => {
  const layers = intervalLayers(rows, {
    along: 'y',
    axis,
    encoding: { x: network },
    pointEncoding: { shape: network },
    joined: true,
  });
  assert.deepEqual(marks(layers), ['line', 'rule', 'tick', 'point']);
  assert.deepEqual(
    layers.map(({ encoding }) => Object.keys(encoding ?? {})),
    [
      ['x', 'y'],
      ['x', 'y', 'y2'],
      ['x', 'y'],
      ['x', 'y', 'shape'],
    ],
  );
});

/** Never called: the compiler reads it, and fails where one of these would compile. */
export function refusedByTheCompiler(): void {
  // @ts-expect-error: Vega-Lite has no channel 'colour'.
  intervalLayers(rows, { axis, encoding: { y: network, colour: { value: '#000000' } } });
  // @ts-expect-error: nor has a point.
  intervalLayers(rows, { axis, encoding: {}, pointEncoding: { form: network } });
  // @ts-expect-error: rows have no field 'networks'.
  intervalLayers(rows, { axis, encoding: { y: { field: 'networks', type: 'nominal' } } });
  // @ts-expect-error: there is no type 'categorical'.
  intervalLayers(rows, { axis, encoding: { y: { field: 'network', type: 'categorical' } } });
  // @ts-expect-error: x is where values lie.
  intervalLayers(rows, { axis, encoding: { x: network } });
  // @ts-expect-error: y is where values lie.
  intervalLayers(rows, { along: 'y', axis, encoding: { y: network } });
  // @ts-expect-error: an axis has no 'scales'.
  intervalLayers(rows, { axis: { scales: { zero: false } }, encoding: { y: network } });
  // @ts-expect-error: the field is the layer's to choose.
  intervalLayers(rows, { axis: { field: 'mean' }, encoding: { y: network } });
  // @ts-expect-error: a factor called as the field of measurements would be lost.
  intervalLayers([{ ...rows[0], value: 1 }], { axis, encoding: { y: network } });
}
