/** Whole runs on images of every shape that the datasets have: one channel, and 64x64 in colour. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import type { ConfigurationInput } from '../../lib/distillation/configuration';
import { createProgress } from '../../lib/terminal/progress';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { makeExperts } from '../../lib/runs/make-experts';
import { run } from '../../lib/runs/run';
import { Random } from '../../lib/tensor/random';
import { readDistilledSet } from '../../lib/runs/distilled-file';
import { disposeAll } from '../../lib/tensor/parameters';
import { exportSet } from '../../lib/report/export-set';
import { writeDigits } from '../faults/world';

let folder: string;
let options: { data: string; runs: string; experts: string; progress: ReturnType<typeof createProgress> };
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-shapes-'));
  const [data, runs, experts] = ['data', 'runs', 'experts'].map((name) => path.join(folder, name));
  options = { data, runs, experts, progress: createProgress({ form: 'silent' }) };
  writeDigits(data);
  await writeTinyImageNet(path.join(data, 'tiny-imagenet-200'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Three classes of six training images and two validation images of noise around a colour. */
async function writeTinyImageNet(home: string): Promise<void> {
  const random = Random.stream(3, 'test');
  const paint = async (file: string, label: number) => {
    mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
    const pixels = Uint8Array.from(
      { length: 64 * 64 * 3 },
      (_, place) => (place % 3 === label ? 200 : 40) + random.integer(50),
    );
    const raw = { width: 64, height: 64, channels: 3 } as const;
    await sharp(pixels, { raw }).jpeg().toFile(path.join(home, file));
  };
  const lines: string[] = [];
  for (let label = 0; label < 3; label++) {
    for (let image = 0; image < 6; image++) await paint(`train/n0${label}/images/n0${label}_${image}.JPEG`, label);
    for (let image = 0; image < 2; image++) {
      await paint(`val/images/val_${2 * label + image}.JPEG`, label);
      lines.push(`val_${2 * label + image}.JPEG\tn0${label}\t0\t0\t63\t63\n`);
    }
  }
  writeFileSync(path.join(home, 'val', 'val_annotations.txt'), lines.join(''));
  writeFileSync(path.join(home, 'words.txt'), 'n00\tred\nn01\tgreen\nn02\tblue\n');
}

const small: ConfigurationInput = {
  profile: 'smoke',
  iterations: 2,
  network: { width: 4, depth: 2 },
  constraints: { batchSize: 4, adversary: { width: 4, depth: 2 } },
  evaluation: { students: 1, epochs: 2 },
};
const experts = { count: 1, epochs: 2, batchSize: 16 };

const shapes: [dataset: 'mnist' | 'tiny-imagenet', shape: [number, number, number], classes: number, floats: number][] =
  [
    // Of a hallucinator: 3x3 kernels there and back with their biases, scale and shift, [30, 30, 3] or [62, 62, 3].
    ['mnist', [32, 32, 1], 10, 27 + 3 + 2 * 2700 + 27 + 1],
    ['tiny-imagenet', [64, 64, 3], 3, 81 + 3 + 2 * 11_532 + 81 + 3],
  ];

for (const [dataset, imageShape, classes, hallucinator] of shapes) {
  const pixels = imageShape.reduce((product, side) => product * side, 1);

  for (const method of ['dm', 'dsa', 'mtt'] as const) {
    test(`${dataset}, ${method}: HaBa with DSA is distilled, students are trained, and the set comes back`, async () => {
      const input: ConfigurationInput = {
        ...small,
        dataset,
        matching: method === 'mtt' ? { method, experts, studentSteps: 2 } : { method, realBatch: 3 },
        set: { kind: 'haba', basesPerClass: 1, hallucinators: 2 },
      };
      if (method === 'mtt') await makeExperts(input, options);
      const { run: home, storedFloats, accuracy } = await run(input, options);
      assert.equal(storedFloats, classes * pixels + 2 * hallucinator);
      assert.ok(accuracy.mean >= 0 && accuracy.mean <= 1);
      const read = readDistilledSet(path.join(home, 'distilled.safetensors'));
      assert.deepEqual([read.imageShape, read.classNames.length], [imageShape, classes]);
      assert.deepEqual(read.parameters.bases.shape, [classes, ...imageShape]);
      disposeAll(read.parameters, read.statistics);
      if (method === 'dm') {
        const files = await exportSet(path.join(home, 'distilled.safetensors'));
        assert.equal(files.filter((file) => file.endsWith('.png')).length, 2);
      }
    });
  }

  test(`${dataset}: the statistics are the authors', the class names those of the dataset`, async () => {
    const data = await dataAtHand(dataset, options);
    assert.deepEqual(data.train.imageShape, imageShape);
    assert.deepEqual(data.classNames.slice(0, 3), dataset === 'mnist' ? ['0', '1', '2'] : ['red', 'green', 'blue']);
    const statistics = data.statistics();
    const mean = [...statistics.mean.dataSync()].map((value) => value.toFixed(4));
    assert.deepEqual(mean, dataset === 'mnist' ? ['0.1307'] : ['0.4850', '0.4560', '0.4060']);
    disposeAll(statistics);
  });
}

test('mnist whitened by ZCA: a run ends, and its set holds what inverts the whitening', async () => {
  const { run: home } = await run(
    {
      ...small,
      dataset: 'mnist',
      whitening: 'zca',
      matching: { method: 'dm', realBatch: 3 },
      set: { kind: 'images', ipc: 1 },
    },
    options,
  );
  const read = readDistilledSet(path.join(home, 'distilled.safetensors'));
  // A whitening is kept under the current folder, and nobody needs this one again.
  for (const kind of ['cpu', 'gpu', 'wasm']) {
    rmSync(path.join('.cache', `zca-mnist-${read.dataChecksum.slice(0, 16)}-2-${kind}.safetensors`), { force: true });
  }
  assert.deepEqual(read.statistics['zca.inverse'].shape, [1024, 1024]);
  assert.equal(read.statistics['zca.matrix'], undefined, 'what whitens is not needed to invert it');
  disposeAll(read.parameters, read.statistics);
});
