import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parity, type ParityResult } from '../../lib/tools/parity/parity';
import { formulaValues } from '../../lib/tools/parity/formula-parameters';
import { useBackend } from '../../lib/tensor/backend';
import { readSafetensors, writeSafetensors } from '../../lib/files/safetensors';
import { tf } from '../../lib/tensor/tensorflow';

const own = path.join(__dirname, '..', 'golden');
const authors = path.join(__dirname, '..', '..', '..', 'shared', 'fixtures');

let folder: string;
before(async () => {
  await useBackend({ oneDnn: false });
  folder = mkdtempSync(path.join(tmpdir(), 'haba-parity-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function replayAll(from: string): Promise<ParityResult[]> {
  const results: ParityResult[] = [];
  for await (const result of parity(from)) results.push(result);
  return results;
}

const failures = (results: ParityResult[]) => results.filter(({ passed }) => !passed);

test("PyTorch's and scipy's numbers: other sizes, classes, steps, kernels, channels, temperatures and norms than the authors' cases", async () => {
  const tensors = tf.memory().numTensors;
  const results = await replayAll(own);
  assert.deepEqual(failures(results), []);
  assert.equal(results.length, 19);
  assert.equal(tf.memory().numTensors, tensors);
});

test(
  "the authors' golden cases agree",
  { skip: existsSync(authors) ? false : 'the golden cases do not lie beside the project' },
  async () => {
    assert.deepEqual(failures(await replayAll(authors)), []);
  },
);

test('a number that is off by a thousandth fails, and the tensor is named', async () => {
  const here = mkdtempSync(path.join(folder, 'off-'));
  const file = path.join(own, 'student-training-small.safetensors');
  const { tensors, metadata } = readSafetensors(file);
  const { losses } = tensors;
  losses.values = Float32Array.from(losses.values as Float32Array, (loss) => loss * 1.001);
  writeSafetensors(path.join(here, 'off.safetensors'), tensors, metadata);
  const [result] = await replayAll(here);
  assert.equal(result.passed, false);
  assert.match(result.reason ?? '', /^losses: 1\.0e-3 > 0\.0001$/);
});

test('an unknown op, a file that is no case, and a lacking tensor: each says so, and the others are replayed', async () => {
  const here = mkdtempSync(path.join(folder, 'bad-'));
  copyFileSync(path.join(own, 'student-training-small.safetensors'), path.join(here, 'd-good.safetensors'));
  const { tensors, metadata } = readSafetensors(path.join(own, 'student-training-small.safetensors'));
  writeSafetensors(path.join(here, 'a-op.safetensors'), tensors, { ...metadata, op: 'telepathy' });
  writeFileSync(
    path.join(here, 'b-torn.safetensors'),
    readFileSync(path.join(here, 'd-good.safetensors')).subarray(0, 99),
  );
  delete tensors.labels;
  writeSafetensors(path.join(here, 'c-lacking.safetensors'), tensors, metadata);
  const results = await replayAll(here);
  assert.deepEqual(
    results.map(({ passed }) => passed),
    [false, false, false, true],
  );
  assert.match(results[0].reason ?? '', /op 'telepathy' is unknown; known are hallucinator, /);
  assert.match(results[1].reason ?? '', /b-torn\.safetensors/);
  assert.match(results[2].reason ?? '', /no tensor 'labels', which 'student-training' needs/);
});

test('a folder without cases is an error', async () => {
  await assert.rejects(replayAll(mkdtempSync(path.join(folder, 'empty-'))), /holds no golden case/);
});

test('formula parameters: the first values of two parameters, worked out by hand in unsigned arithmetic', () => {
  const hash = (element: number, place: number) => {
    const mask = 0xffffffffn;
    let value = (BigInt(element) * 2654435761n + BigInt(place + 1) * 40503n) & mask;
    value = ((value ^ (value >> 16n)) * 2246822519n) & mask;
    value = ((value ^ (value >> 13n)) * 3266489917n) & mask;
    return Number(value ^ (value >> 16n));
  };
  const close = (ours: number, theirs: number) => assert.ok(Math.abs(ours - theirs) < 1e-6, `${ours} is not ${theirs}`);
  const weight = formulaValues(['features.0.weight', [8, 3, 3, 3]], 0);
  close(weight[4], (1 / Math.sqrt(27)) * Math.sqrt(3) * ((2 * hash(5, 0)) / 2 ** 32 - 1));
  const scale = formulaValues(['features.1.weight', [8]], 2);
  close(scale[0], 0.1 * Math.sqrt(3) * ((2 * hash(1, 2)) / 2 ** 32 - 1) + 1);
});
