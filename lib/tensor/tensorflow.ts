/**
 * The one door to TensorFlow.js: every file of lib imports `tf` from here, so that the shims, the native
 * backend and our gradients are in place before the first tensor exists.
 */
import './node-shims';
import * as tf from '@tensorflow/tfjs';
import { registerFirstOrderGradients } from './first-order';
import { registerSecondOrderGradients } from './second-order';

registerFirstOrderGradients(tf);
registerSecondOrderGradients(tf);

export { tf };
