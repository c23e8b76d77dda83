/**
 * What the tracer must know of TensorFlow's operations: their signatures, as TensorFlow declares them, and the shapes
 * of their results. An operation that is not listed cannot be compiled.
 */
import { tf } from '../tensorflow';
import { constantElements, type Attributes, type ElementType, type GraphValue, type TensorForm } from './graph';

/** Shape of the result, or shapes where there are several. */
type ShapeRule = (inputs: GraphValue[], attributes: Attributes) => number[] | number[][];

export interface Operation {
  name: string;
  inputs: Argument[];
  outputs: Argument[];
  shapes: ShapeRule;
  /** Every element of the result depends on the elements at its own place in the (broadcast) operands. */
  elementwise: boolean;
}

interface Argument {
  name: string;
  /** A fixed element type, or the name of the attribute that holds it. */
  type: string;
  /** Name of the attribute that holds how many tensors the argument stands for, if several. */
  count?: string;
}

const OPERATIONS = new Map<string, Operation>();

/** @throws Error when the operation is not listed */
export function operationNamed(name: string): Operation {
  const operation = OPERATIONS.get(name);
  if (operation === undefined) {
    throw new Error(
      `TensorFlow's operation ${name} is not in lib/tensor/graph/operations.ts; list it there, or run with compile: false, or in withExecution('eager', ...).`,
    );
  }
  return operation;
}

/** Attributes that follow from the operands' types and number, e.g. T. */
export function inferredAttributes({ inputs }: Operation, operands: GraphValue[]): Attributes {
  const attributes: Attributes = {};
  let position = 0;
  for (const { type, count } of inputs) {
    const { dtype } = operands[position];
    if (!isElementType(type)) attributes[type] = { kind: 'type', value: dtype };
    const taken = count === undefined ? 1 : operands.length - inputs.length + 1;
    if (count !== undefined) attributes[count] = { kind: 'integer', value: taken };
    position += taken;
  }
  return attributes;
}

/** Shapes and types of an operation's results. */
export function resultForms(
  { outputs, shapes }: Operation,
  operands: GraphValue[],
  attributes: Attributes,
): TensorForm[] {
  const result = shapes(operands, attributes);
  const all = isList(result) ? result : [result];
  const single = outputs.length === 1;
  return all.map((shape, index) => {
    const { type } = outputs[single ? 0 : index];
    return { shape, dtype: isElementType(type) ? type : (attributes[type].value as ElementType) };
  });
}

/** @returns "argument:index", by which a function body names a result */
export function resultName({ outputs }: Operation, index: number): string {
  return outputs.length === 1 ? `${outputs[0].name}:${index}` : `${outputs[index].name}:0`;
}

function isElementType(type: string): type is ElementType {
  return type === 'float32' || type === 'int32' || type === 'bool';
}

function isList(shapes: number[] | number[][]): shapes is number[][] {
  return Array.isArray(shapes[0]);
}

/** @param signature "name:type, name:count*type -> name:type" as in TensorFlow's operation definitions */
function define(names: string, signature: string, shapes: ShapeRule, elementwise = false): void {
  const [inputs, outputs] = signature
    .split('->')
    .map((side) => side.trim().split(/,\s*/).filter(Boolean).map(parseArgument));
  for (const name of names.split(' ')) OPERATIONS.set(name, { name, inputs, outputs, shapes, elementwise });
}

function parseArgument(text: string): Argument {
  const [name, declared] = text.split(':');
  const [type, count] = declared.split('*').reverse();
  return { name, type, count };
}

const sameAs =
  (input: number): ShapeRule =>
  (inputs) =>
    inputs[input].shape;

const integer = (attributes: Attributes, name: string) => attributes[name].value as number;
const integers = (attributes: Attributes, name: string) => attributes[name].value as number[];
const flag = (attributes: Attributes, name: string) => attributes[name]?.value === true;

function known(inputs: GraphValue[], position: number): number[] {
  const elements = constantElements(inputs[position]);
  if (elements === undefined) {
    throw new Error('its shape depends on the values of a tensor, and a compiled graph has static shapes.');
  }
  return elements;
}

const broadcast: ShapeRule = (inputs) =>
  inputs
    .map(({ shape }) => shape)
    .reduce((first, second) => tf.broadcast_util.assertAndGetBroadcastShape(first, second));

const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);

const reduce: ShapeRule = ([input, axes], attributes) => {
  const reduced = new Set(known([axes], 0).map((axis) => axisOf(axis, input.shape.length)));
  const kept = input.shape.map((size, axis) => (reduced.has(axis) ? 1 : size));
  return flag(attributes, 'keep_dims') ? kept : kept.filter((_, axis) => !reduced.has(axis));
};

const knownShape =
  (position: number): ShapeRule =>
  (inputs) =>
    known(inputs, position);

// Elementwise operations.
define(
  'Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Expm1 Floor Log Log1p Neg Reciprocal Round Rsqrt ' +
    'Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh',
  'x:T -> y:T',
  sameAs(0),
  true,
);
define('Elu LeakyRelu Relu Relu6 Selu Softplus', 'features:T -> activations:T', sameAs(0), true);
define('IsFinite IsInf IsNan', 'x:T -> y:bool', sameAs(0), true);
define('LogicalNot', 'x:bool -> y:bool', sameAs(0), true);
define('Cast', 'x:SrcT -> y:DstT', sameAs(0), true);
define(
  'Add AddV2 Sub Mul RealDiv FloorDiv FloorMod Maximum Minimum Pow SquaredDifference Atan2',
  'x:T, y:T -> z:T',
  broadcast,
  true,
);
define('Equal NotEqual Greater GreaterEqual Less LessEqual', 'x:T, y:T -> z:bool', broadcast, true);
define('LogicalAnd LogicalOr', 'x:bool, y:bool -> z:bool', broadcast, true);
define('SelectV2', 'condition:bool, t:T, e:T -> output:T', broadcast, true);
define('Select', 'condition:bool, t:T, e:T -> output:T', sameAs(1));
define('EluGrad', 'gradients:T, outputs:T -> backprops:T', sameAs(0));
define('ReluGrad', 'gradients:T, features:T -> backprops:T', sameAs(0));
define('AddN', 'inputs:N*T -> sum:T', sameAs(0));
define('Identity', 'input:T -> output:T', sameAs(0));

// Reductions and scans.
define('Sum Mean Prod Max Min', 'input:T, reduction_indices:Tidx -> output:T', reduce);
define('All Any', 'input:bool, reduction_indices:Tidx -> output:bool', reduce);
define('ArgMax ArgMin', 'input:T, dimension:Tidx -> output:output_type', reduce);
define('Cumsum Cumprod', 'x:T, axis:Tidx -> out:T', sameAs(0));
define('Softmax', 'logits:T -> softmax:T', sameAs(0));
define('LogSoftmax', 'logits:T -> logsoftmax:T', sameAs(0));
define('TopKV2', 'input:T, k:Tk -> values:T, indices:int32', (inputs) => {
  const shape = [...inputs[0].shape.slice(0, -1), known(inputs, 1)[0]];
  return [shape, shape];
});
define('Bincount', 'arr:int32, size:int32, weights:T -> bins:T', (inputs) => known(inputs, 1));
define('DenseBincount', 'input:Tidx, size:Tidx, weights:T -> output:T', (inputs) => [
  ...inputs[0].shape.slice(0, -1),
  known(inputs, 1)[0],
]);

// Products.
define('MatMul', 'a:T, b:T -> product:T', ([a, b], attributes) => [
  a.shape[flag(attributes, 'transpose_a') ? 1 : 0],
  b.shape[flag(attributes, 'transpose_b') ? 0 : 1],
]);
define('BatchMatMulV2', 'x:T, y:T -> output:T', ([x, y], attributes) => [
  ...tf.broadcast_util.assertAndGetBroadcastShape(x.shape.slice(0, -2), y.shape.slice(0, -2)),
  x.shape.at(flag(attributes, 'adj_x') ? -1 : -2)!,
  y.shape.at(flag(attributes, 'adj_y') ? -2 : -1)!,
]);
define('Einsum', 'inputs:N*T -> output:T', (inputs, attributes) => {
  const [operands, output] = (attributes.equation.value as string).split('->');
  const sizes = new Map<string, number>();
  operands.split(',').forEach((labels, operand) => {
    [...labels.trim()].forEach((label, axis) => sizes.set(label, inputs[operand].shape[axis]));
  });
  return [...output.trim()].map((label) => sizes.get(label)!);
});

// Shapes, parts and their places.
define('Reshape', 'tensor:T, shape:Tshape -> output:T', (inputs) => {
  const shape = known(inputs, 1);
  const rest = shape.filter((size) => size >= 0).reduce((product, size) => product * size, 1);
  const count = tf.util.sizeFromShape(inputs[0].shape);
  return shape.map((size) => (size < 0 ? count / rest : size));
});
define('ExpandDims', 'input:T, dim:Tdim -> output:T', (inputs) => {
  const { shape } = inputs[0];
  const axis = axisOf(known(inputs, 1)[0], shape.length + 1);
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
});
define('Transpose', 'x:T, perm:Tperm -> y:T', (inputs) => known(inputs, 1).map((axis) => inputs[0].shape[axis]));
define('BroadcastTo', 'input:T, shape:Tidx -> output:T', knownShape(1));
define('Tile', 'input:T, multiples:Tmultiples -> output:T', (inputs) =>
  known(inputs, 1).map((times, axis) => times * inputs[0].shape[axis]),
);
define('ReverseV2', 'tensor:T, axis:Tidx -> output:T', sameAs(0));
define('Slice', 'input:T, begin:Index, size:Index -> output:T', (inputs) => {
  const begin = known(inputs, 1);
  return known(inputs, 2).map((size, axis) => (size < 0 ? inputs[0].shape[axis] - begin[axis] : size));
});
define('StridedSlice', 'input:T, begin:Index, end:Index, strides:Index -> output:T', (inputs, attributes) => {
  const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
  const [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = masks.map((name) =>
    integer(attributes, name),
  );
  const [begin, end, strides] = [1, 2, 3].map((position) => known(inputs, position));
  return tf.slice_util.sliceInfo(
    inputs[0].shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  ).finalShape;
});
const padded: ShapeRule = (inputs) => {
  const padding = known(inputs, 1);
  return inputs[0].shape.map((size, axis) => size + padding[2 * axis] + padding[2 * axis + 1]);
};
define('PadV2', 'input:T, paddings:Tpaddings, constant_values:T -> output:T', padded);
define('MirrorPad', 'input:T, paddings:Tpaddings -> output:T', padded);
define('ConcatV2', 'values:N*T, axis:Tidx -> output:T', (inputs) => {
  const values = inputs.slice(0, -1);
  const { shape } = values[0];
  const along = axisOf(known(inputs, values.length)[0], shape.length);
  const total = values.reduce((sum, value) => sum + value.shape[along], 0);
  return shape.map((size, axis) => (axis === along ? total : size));
});
define('Pack', 'values:N*T -> output:T', (inputs, attributes) => {
  const { shape } = inputs[0];
  const axis = axisOf(integer(attributes, 'axis'), shape.length + 1);
  return [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)];
});
define('Unpack', 'value:T -> output:num*T', ([{ shape }], attributes) => {
  const kept = shape.filter((_, axis) => axis !== integer(attributes, 'axis'));
  return Array.from({ length: integer(attributes, 'num') }, () => kept);
});
define('SplitV', 'value:T, size_splits:Tlen, split_dim:int32 -> output:num_split*T', (inputs) => {
  const [along] = known(inputs, 2);
  return known(inputs, 1).map((part) => inputs[0].shape.map((size, axis) => (axis === along ? part : size)));
});
define('DepthToSpace', 'input:T -> output:T', ([{ shape }], attributes) => {
  const block = integer(attributes, 'block_size');
  if (attributes.data_format?.value === 'NCHW') {
    return [shape[0], shape[1] / block ** 2, shape[2] * block, shape[3] * block];
  }
  return [shape[0], shape[1] * block, shape[2] * block, shape[3] / block ** 2];
});
define('SpaceToBatchND', 'input:T, block_shape:Tblock_shape, paddings:Tpaddings -> output:T', (inputs) => {
  const [{ shape }] = inputs;
  const [block, padding] = [known(inputs, 1), known(inputs, 2)];
  const inner = block.map((size, axis) => (shape[axis + 1] + padding[2 * axis] + padding[2 * axis + 1]) / size);
  const blocks = block.reduce((product, size) => product * size, 1);
  return [shape[0] * blocks, ...inner, ...shape.slice(block.length + 1)];
});
define('BatchToSpaceND', 'input:T, block_shape:Tblock_shape, crops:Tcrops -> output:T', (inputs) => {
  const [{ shape }] = inputs;
  const [block, crops] = [known(inputs, 1), known(inputs, 2)];
  const inner = block.map((size, axis) => shape[axis + 1] * size - crops[2 * axis] - crops[2 * axis + 1]);
  const blocks = block.reduce((product, size) => product * size, 1);
  return [shape[0] / blocks, ...inner, ...shape.slice(block.length + 1)];
});
define('Diag', 'diagonal:T -> output:T', ([{ shape }]) => [...shape, ...shape]);

// Indices.
define('GatherV2', 'params:Tparams, indices:Tindices, axis:Taxis -> output:Tparams', (inputs, attributes) => {
  const [{ shape }, indices] = inputs;
  const axis = axisOf(known(inputs, 2)[0], shape.length);
  const batch = integer(attributes, 'batch_dims');
  return [...shape.slice(0, axis), ...indices.shape.slice(batch), ...shape.slice(axis + 1)];
});
define('GatherNd', 'params:Tparams, indices:Tindices -> output:Tparams', ([{ shape }, indices]) => [
  ...indices.shape.slice(0, -1),
  ...shape.slice(indices.shape.at(-1)),
]);
define('ScatterNd', 'indices:Tindices, updates:T, shape:Tindices -> output:T', knownShape(2));
define('TensorScatterUpdate', 'tensor:T, indices:Tindices, updates:T -> output:T', sameAs(0));
define(
  'SparseToDense',
  'sparse_indices:Tindices, output_shape:Tindices, sparse_values:T, default_value:T -> dense:T',
  knownShape(1),
);
define('UnsortedSegmentSum', 'data:T, segment_ids:Tindices, num_segments:Tnumsegments -> output:T', (inputs) => [
  known(inputs, 2)[0],
  ...inputs[0].shape.slice(inputs[1].shape.length),
]);
define('OneHot', 'indices:TI, depth:int32, on_value:T, off_value:T -> output:T', (inputs) => [
  ...inputs[0].shape,
  known(inputs, 1)[0],
]);
define('Range', 'start:Tidx, limit:Tidx, delta:Tidx -> output:Tidx', (inputs) => {
  const [[start], [limit], [delta]] = [0, 1, 2].map((position) => known(inputs, position));
  return [Math.max(0, Math.ceil((limit - start) / delta))];
});
define('LinSpace', 'start:T, stop:T, num:Tidx -> output:T', (inputs) => known(inputs, 2));

// Convolutions and windows.
/** Sizes of the spatial dimensions after windows of a size, step and dilation pass over them. */
function windows(
  shape: number[],
  sizes: number[],
  strides: number[],
  dilations: number[],
  attributes: Attributes,
): number[] {
  const padding = attributes.padding.value as string;
  const explicit = padding === 'EXPLICIT' ? integers(attributes, 'explicit_paddings') : [];
  return shape.map((size, axis) => {
    if (padding === 'SAME') return Math.ceil(size / strides[axis]);
    const total = size + (explicit[2 * axis] ?? 0) + (explicit[2 * axis + 1] ?? 0);
    return sizes[axis] === 1 && strides[axis] === 1
      ? total
      : Math.floor((total - (sizes[axis] - 1) * dilations[axis] - 1) / strides[axis]) + 1;
  });
}

const dilationsOf = (attributes: Attributes, rank: number) =>
  (attributes.dilations?.value as number[] | undefined) ?? Array.from({ length: rank }, () => 1);

const channelsFirst = (attributes: Attributes) =>
  (attributes.data_format?.value as string | undefined)?.startsWith('NC');

const convolution =
  (outputChannels: (filter: number[]) => number): ShapeRule =>
  ([{ shape }, filter], attributes) => {
    const rank = shape.length;
    const spatial = filter.shape.slice(0, rank - 2);
    const first = channelsFirst(attributes);
    const sizes = first ? [1, 1, ...spatial] : [1, ...spatial, 1];
    const result = windows(shape, sizes, integers(attributes, 'strides'), dilationsOf(attributes, rank), attributes);
    result[first ? 1 : rank - 1] = outputChannels(filter.shape);
    return result;
  };
define(
  'Conv2D Conv3D',
  'input:T, filter:T -> output:T',
  convolution((filter) => filter.at(-1)!),
);
define(
  'DepthwiseConv2dNative',
  'input:T, filter:T -> output:T',
  convolution((filter) => filter[2] * filter[3]),
);
define(
  'Conv2DBackpropInput DepthwiseConv2dNativeBackpropInput Conv3DBackpropInputV2',
  'input_sizes:int32, filter:T, out_backprop:T -> output:T',
  knownShape(0),
);
define(
  'Conv2DBackpropFilter DepthwiseConv2dNativeBackpropFilter Conv3DBackpropFilterV2',
  'input:T, filter_sizes:int32, out_backprop:T -> output:T',
  knownShape(1),
);
const pooling: ShapeRule = ([{ shape }], attributes) =>
  windows(
    shape,
    integers(attributes, 'ksize'),
    integers(attributes, 'strides'),
    dilationsOf({}, shape.length),
    attributes,
  );
define('AvgPool AvgPool3D', 'value:T -> output:T', pooling);
define('MaxPool MaxPool3D', 'input:T -> output:T', pooling);
define('AvgPoolGrad AvgPool3DGrad', 'orig_input_shape:int32, grad:T -> output:T', knownShape(0));
define('MaxPoolGrad', 'orig_input:T, orig_output:T, grad:T -> output:T', sameAs(0));
define('MaxPool3DGrad', 'orig_input:TInput, orig_output:TInput, grad:T -> output:T', sameAs(0));
define('MaxPoolGradGrad', 'orig_input:T, orig_output:T, grad:T -> output:T', sameAs(1));
define('Dilation2D', 'input:T, filter:T -> output:T', ([{ shape }, filter], attributes) =>
  windows(
    shape,
    [1, filter.shape[0], filter.shape[1], 1],
    integers(attributes, 'strides'),
    integers(attributes, 'rates'),
    attributes,
  ),
);
define('Dilation2DBackpropFilter', 'input:T, filter:T, out_backprop:T -> filter_backprop:T', sameAs(1));
define('Dilation2DBackpropInput', 'input:T, filter:T, out_backprop:T -> in_backprop:T', sameAs(0));
define('LRN', 'input:T -> output:T', sameAs(0));
define('LRNGrad', 'input_grads:T, input_image:T, output_image:T -> output:T', sameAs(0));
define(
  'FusedBatchNorm',
  'x:T, scale:T, offset:T, mean:T, variance:T -> y:T, batch_mean:T, batch_variance:T, reserve_space_1:T, reserve_space_2:T',
  (inputs) => inputs.map(({ shape }) => shape),
);

// Resizing.
const resized: ShapeRule = (inputs) => [inputs[0].shape[0], ...known(inputs, 1), inputs[0].shape[3]];
define('ResizeBilinear', 'images:T, size:int32 -> resized_images:float32', resized);
define('ResizeBilinearGrad', 'grads:float32, original_image:T -> output:T', sameAs(1));
define('ResizeNearestNeighbor', 'images:T, size:int32 -> resized_images:T', resized);
define('ResizeNearestNeighborGrad', 'grads:T, size:int32 -> output:T', resized);
define('CropAndResize', 'image:T, boxes:float32, box_ind:int32, crop_size:int32 -> crops:float32', (inputs) => [
  inputs[1].shape[0],
  ...known(inputs, 3),
  inputs[0].shape[3],
]);

// Our own, of lib/tensor/native.
define(
  'HabaInstanceNormalisation',
  'x:float32, scale:float32, shift:float32 -> y:float32',
  ([{ shape }], attributes) => {
    const [batch, height, width, channels] = shape;
    return flag(attributes, 'pool') ? [batch, height >> 1, width >> 1, channels] : shape;
  },
);
define(
  'HabaInstanceNormalisationGrad',
  'x:float32, scale:float32, shift:float32, dy:float32 -> dx:float32, dscale:float32, dshift:float32',
  ([x, scale, shift]) => [x.shape, scale.shape, shift.shape],
);
define(
  'HabaInstanceNormalisationGradGrad',
  'x:float32, scale:float32, shift:float32, dy:float32, vx:float32, vscale:float32, vshift:float32 ' +
    '-> gx:float32, gscale:float32, gdy:float32',
  ([x, scale, , dy]) => [x.shape, scale.shape, dy.shape],
);
define('HabaAffineSample HabaAffineSampleAdjoint', 'images:float32, maps:float32 -> y:float32', sameAs(0));
define(
  'HabaColour',
  'images:float32, brightness:float32, saturation:float32, contrast:float32 -> y:float32',
  sameAs(0),
);
define('HabaCutout', 'images:float32, rectangles:float32 -> y:float32', sameAs(0));
