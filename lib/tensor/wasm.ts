/** WebAssembly as the backend of last resort. */
import { tf } from './tensorflow';

/** Loads the WASM backend; no addon, no TensorFlow library. */
export async function enableWebAssembly(): Promise<void> {
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
}
