/** Students on a set in a file: what is asked for is used or refused, and a refusal leaves nothing behind. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { configure } from '../../lib/distillation/configuration';
import { createProgress } from '../../lib/terminal/progress';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { writeDistilledSet } from '../../lib/runs/distilled-file';
import { evaluateFile, type EvaluateFileOptions } from '../../lib/runs/evaluate-file';
import { createDistilledSet } from '../../lib/factorization/create-distilled-set';
import { disposeAll } from '../../lib/tensor/parameters';
import { Random } from '../../lib/tensor/random';
import { tf } from '../../lib/tensor/tensorflow';

let folder: string;
let file: string;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-evaluate-'));
  file = path.join(folder, 'distilled.safetensors');
  const configuration = configure({
    profile: 'smoke',
    dataset: 'shapes',
    set: { kind: 'images', ipc: 1 },
    network: { width: 4 },
    evaluation: { students: 2, epochs: 1 },
  });
  const data = await dataAtHand('shapes');
  const { imageShape, classCount } = data.train;
  const set = createDistilledSet({ ...configuration.set, imageShape, classCount });
  const parameters = set.init(Random.stream(0), data.train);
  writeDistilledSet(file, { parameters, configuration, data, run: 'abc' });
  disposeAll(parameters);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const evaluate = (options: EvaluateFileOptions) =>
  evaluateFile(file, { progress: createProgress({ form: 'silent' }), ...options });

test('students, epochs and network are those asked for, else those of the file', async () => {
  const own = await evaluate({});
  assert.deepEqual([own.network, own.accuracy.runs.length], ['ConvNet', 2]);
  const other = await evaluate({ network: 'LeNet', students: 1, epochs: 2 });
  assert.deepEqual([other.network, other.accuracy.runs.length], ['LeNet', 1]);
});

const refusals: [what: string, options: EvaluateFileOptions, message: RegExp][] = [
  ['an unknown network', { network: 'Transformer' }, /'network\.name' is 'Transformer'; allowed are ConvNet,/],
  ['a network without a name', { network: '' }, /'network\.name' is ''; allowed are ConvNet,/],
  ['no students', { students: 0 }, /'evaluation\.students' is 0; allowed is at least 1\./],
  ['no epochs', { epochs: 0 }, /'evaluation\.epochs' is 0; allowed is at least 1\./],
  ['a signal that has come already', { signal: AbortSignal.abort() }, /aborted/],
];

for (const [what, options, message] of refusals) {
  test(`${what}: refused, and no tensor is left behind`, async () => {
    const tensors = tf.memory().numTensors;
    await assert.rejects(evaluate(options), message);
    assert.equal(tf.memory().numTensors, tensors);
  });
}
