/** Run on every addon before it counts as built: one convolution of ones. */
const util = require('node:util');

util.isNullOrUndefined = (value) => value === null || value === undefined;
util.isArray = Array.isArray;
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
// Another program may hold the card: this one takes no more of its memory than it needs.
process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
const tf = require('@tensorflow/tfjs-node-gpu');

const [sum] = tf.conv2d(tf.ones([1, 3, 3, 1]), tf.ones([3, 3, 1, 1]), 1, 'valid').dataSync();
if (tf.getBackend() !== 'tensorflow' || sum !== 9) {
  throw new Error(`a convolution of nine ones on ${tf.getBackend()} gave ${sum}`);
}
