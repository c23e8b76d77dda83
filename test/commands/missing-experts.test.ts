/** What is said where experts are missing can be done as it is said: the printed command is run, and the run makes them itself. */
import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { profileNames } from '../../lib/settings/profile-names';
import { writeDigits } from '../faults/world';
import { haba, lastJson } from './command-line';

// A shell would part it, and end a quotation in it.
const folder = mkdtempSync(path.join(tmpdir(), "haba it's my "));
after(() => rmSync(folder, { recursive: true, force: true }));

const root = path.resolve(__dirname, '..', '..');
const data = path.join(folder, 'the data');
writeDigits(data);

/** Small, in a profile. */
function distillation(profile: string, runs: string): string[] {
  const keys = ['network.width=4', 'network.depth=1', 'matching.experts.count=1', 'matching.experts.batchSize=60'];
  const short = [
    'matching.latestStartEpoch=1',
    'matching.expertEpochs=1',
    'matching.studentSteps=1',
    'matching.experts.epochs=2',
  ];
  const students = ['evaluation.students=1', 'evaluation.updates=1', 'whitening=normalise', 'compile=false'];
  const settings = [...keys, ...short, ...students].flatMap((key) => ['--set', key]);
  const method = '--dataset mnist --method mtt --ipc 1 --iterations 1'.split(' ');
  return ['distill', '--profile', profile, ...method, ...settings, '--data', data, '--runs', path.join(folder, runs)];
}

for (const profile of profileNames) {
  test(`${profile}: the command that is printed makes the experts that the run then finds`, async () => {
    const experts = ['--experts', path.join(folder, `experts of ${profile}`)];
    const refused = await haba(...distillation(profile, 'printed'), ...experts);
    assert.notEqual(refused.status, 0);
    const command = /They are made by: (npm run haba -- experts .*)$/m.exec(refused.stderr)?.[1];
    assert.ok(command, refused.stderr);
    // As typed into a shell.
    const { stdout } = await promisify(exec)(command, { cwd: root });
    assert.equal(lastJson({ status: 0, signal: null, stdout, stderr: '' }).count, 1);
    const found = await haba(...distillation(profile, 'printed'), ...experts);
    assert.equal(found.status, 0, found.stderr);
  });
}

test('--make-experts makes them first, and says so; the next run finds them', async () => {
  const experts = ['--experts', path.join(folder, 'made')];
  const made = await haba(...distillation('smoke', 'making'), ...experts, '--make-experts');
  assert.equal(made.status, 0, made.stderr);
  assert.ok(
    made.stderr.indexOf('training experts') >= 0 &&
      made.stderr.indexOf('training experts') < made.stderr.indexOf('distilling'),
  );
  assert.equal((await haba(...distillation('smoke', 'finding'), ...experts)).status, 0);
});
