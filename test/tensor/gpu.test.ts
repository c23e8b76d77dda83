/** On an NVIDIA GPU: the numbers of PyTorch, of a CPU, and of whole 32 bits. Skipped, with the reason, where none computes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { fitZca } from '../../lib/data/zca';
import { unusedGpu } from '../../lib/machine/gpu-signs';
import { parity, type ParityResult } from '../../lib/tools/parity/parity';
import { readSafetensors, type SafetensorsContent } from '../../lib/files/safetensors';
import { computingDevice, useBackend } from '../../lib/tensor/backend';
import { toTensor } from '../../lib/tensor/stored-tensors';
import { tf } from '../../lib/tensor/tensorflow';
import { smallSource } from '../small-source';
import { numbers } from './gpu-numbers';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-gpu-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A test that is skipped, and says why, where no GPU computes. */
function gpuTest(name: string, run: () => void | Promise<void>, { exact = false } = {}): void {
  test(name, async (context: TestContext) => {
    if (computingDevice().device !== 'GPU') return context.skip(unusedGpu() ?? 'no NVIDIA GPU here');
    const asked = process.env.NVIDIA_TF32_OVERRIDE;
    if (exact && asked !== '0') return context.skip(`NVIDIA_TF32_OVERRIDE=${asked} asks for TF32`);
    await run();
  });
}

const relativeError = (ours: tf.Tensor, theirs: tf.Tensor) =>
  tf.tidy(() => ours.sub(theirs).norm().div(theirs.norm().add(1e-12)).dataSync()[0]);

/** The numbers as another process computes them. */
function numbersOfProgram(environment: Record<string, string>): SafetensorsContent {
  const file = path.join(folder, 'numbers.safetensors');
  const program = ['--import', 'tsx', path.join(__dirname, 'gpu-numbers.ts'), file];
  const env = { ...process.env, ...environment };
  const { status, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8', env });
  assert.equal(status, 0, stderr);
  return readSafetensors(file);
}

function assertAlike(ours: Record<string, tf.Tensor>, theirs: SafetensorsContent['tensors']): void {
  assert.deepEqual(Object.keys(ours), Object.keys(theirs));
  for (const [name, tensor] of Object.entries(ours)) {
    const expected = toTensor(theirs[name]);
    const error = relativeError(tensor, expected);
    assert.ok(error < 1e-4, `${name}: ${error}`);
    expected.dispose();
  }
}

gpuTest(
  "PyTorch's numbers, at the tolerance of every machine: networks, losses, augmentations",
  async () => {
    const results: ParityResult[] = [];
    for await (const result of parity(path.join(__dirname, '..', 'golden'))) results.push(result);
    assert.ok(results.some(({ name }) => name.startsWith('network-ConvNet')));
    assert.deepEqual(
      results.filter(({ passed }) => !passed),
      [],
    );
  },
  { exact: true },
);

gpuTest(
  'TF32 is off: products and convolutions keep what 10 bits would round away',
  () => {
    const side = 256;
    const fine = 1 + 2 ** -12;
    tf.tidy(() => {
      const product = tf.matMul(tf.fill([side, side], fine), tf.ones<tf.Rank.R2>([side, side]));
      assert.deepEqual([...product.dataSync().slice(0, 3)], Array(3).fill(side * fine));
      const images = tf.fill([8, 16, 16, side], fine) as tf.Tensor4D;
      const convolved = tf.conv2d(images, tf.ones<tf.Rank.R4>([1, 1, side, 64]), 1, 'valid');
      assert.deepEqual([...convolved.dataSync().slice(0, 3)], Array(3).fill(side * fine));
    });
  },
  { exact: true },
);

gpuTest(
  'ZCA of CIFAR-sized images converges, whitens, and is inverted',
  () => {
    const source = smallSource({ imageShape: [32, 32, 3], classCount: 4, perClass: 100 });
    const zca = fitZca(source);
    const images = source.batch([0, 101, 202, 303]);
    const whitened = zca.whiten(images);
    const inverted = zca.invert(whitened);
    assert.ok(relativeError(inverted, images) < 1e-3);
    tf.dispose([images, whitened, inverted]);
    zca.dispose();
  },
  { exact: true },
);

gpuTest(
  'the same numbers as the CPU of this machine, whose normalisation and augmentations are native',
  () => {
    const ours = numbers();
    const { tensors, metadata } = numbersOfProgram({ CUDA_VISIBLE_DEVICES: '-1' });
    assert.equal(metadata.device, 'CPU');
    assertAlike(ours, tensors);
    tf.dispose(ours);
  },
  { exact: true },
);

gpuTest('a second program finds room on the card beside this one', () => {
  const ours = numbers();
  const { tensors, metadata } = numbersOfProgram({});
  assert.equal(metadata.device, 'GPU');
  assertAlike(ours, tensors);
  tf.dispose(ours);
});
