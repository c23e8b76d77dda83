/**
 * The one door to TensorFlow.js: every file of lib imports `tf` from here, so that the shims, the native
 * backend and the second-order gradients are in place before the first tensor exists.
 */
import './node-shims';
import * as tf from '@tensorflow/tfjs';
import { registerSecondOrderGradients } from './second-order';

registerSecondOrderGradients(tf);

export { tf };
