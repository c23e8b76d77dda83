/** What is wrong on a command line or in a configuration is said in a sentence or two, and nothing is written. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { haba } from './command-line';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-input-'));
  writeFileSync(path.join(folder, 'torn.safetensors'), Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 123]));
  mkdirSync(path.join(folder, 'a-folder'));
  writeFileSync(path.join(folder, 'a-file'), 'not a folder');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const smoke = 'distill --profile smoke --dataset shapes';

const cases: [given: string, ...said: RegExp[]][] = [
  ['destill', /unknown command 'destill'/, /Did you mean distill\?/],
  ['distill --datset shapes', /unknown option '--datset'/, /Did you mean --dataset\?/],
  [`${smoke} --ipc many`, /'many' is not a whole number/],
  [`${smoke} --ipc 0`, /'set\.ipc' is 0/, /at least 1|greater than or equal to 1/],
  [`${smoke} --ipc 501`, /501/, /500/],
  ['distill --dataset cifar11', /'dataset' is 'cifar11'/, /cifar10, cifar100/],
  ['distill --profile fast', /'profile' is 'fast'/, /smoke.*quick.*paper/],
  [`${smoke} --method mt`, /'matching\.method' is 'mt'/, /dm.*dc.*dsa.*mtt/],
  [`${smoke} --set iteratoins=3`, /'iteratoins'/, /iterations/],
  [`${smoke} --set compile=perhaps`, /'compile' is 'perhaps'/, /true|boolean/],
  [`${smoke} --set evaluation.learningRate=-1`, /'evaluation\.learningRate' is -1; allowed is more than 0/],
  [`${smoke} --set set.kernelSize=33`, /'set\.kernelSize', is 33; .* 1 to 32/],
  [`${smoke} --set bases`, /'bases' is neither images, haba, fred, linba, ddif, haba-linba, nor key=value/],
  [`${smoke} --method mtt --experts ${path.join(tmpdir(), 'haba-no-experts')}`, /experts/, /npm run haba -- experts/],
  [`${smoke} --labels soft`, /'labels\.kind' is 'soft'; allowed are hard, experts, learned/],
  [`${smoke} --labels learned`, /'learned' and 'matching\.method' is 'dm'/, /allowed are 'hard' and 'experts'/],
  ['distill --dataset cifar10 --data NOWHERE', /NOWHERE/, /haba -- data cifar10/],
  [
    'baseline best --dataset shapes',
    /no baseline 'best'; allowed are random, herding, k-centre, k-medoids, el2n, full/,
  ],
  ['baseline el2n --dataset shapes --keep most', /'keep' is 'most'; allowed are easiest, hardest/],
  ['baseline k-centre --dataset shapes --keep easiest', /'k-centre' has no scores; only 'el2n' has/],
  ['evaluate MISSING.safetensors', /There is no file or folder MISSING\.safetensors\./],
  ['evaluate TORN', /torn\.safetensors/],
  ['runs show nothing', /no run 'nothing'/, /runs list/],
  ['runs list --where method=dm', /'method' is no key of these runs; did you mean 'matching\.method'\?/],
  ['runs list --where dataset', /'dataset' is not key=value, or key=value,value/],
  ['runs list --state done', /'state' is 'done'; allowed are finished, .*old/],
  ['runs list --sort acuracy', /no column 'acuracy' to sort by; .*Did you mean 'accuracy'\?/],
  ['runs diff one two', /no run 'one'/],
  ['runs remove nothing', /'nothing' is not a run/],
  ['data imagenet', /imagenet/, /tiny-imagenet/],
  ['compare --profile smoke --dataset shapes --methods dx', /'dx'/, /dm.*dc.*dsa.*mtt/],
  ['parity MISSING', /There is no file or folder MISSING\./],
  [
    `${smoke} --set set=5 --set set.kind=haba`,
    /'set\.kind' cannot be set: 'set' is 5 by another option; give one or the other\./,
  ],
  [
    `${smoke} --ipc 1 --set set.kind.of=haba`,
    /'set\.kind\.of' cannot be set: 'set\.kind' is images by another option; give one or the other\./,
  ],
  [`${smoke} --set __proto__.seed=1`, /'__proto__' is not a key/],
  // A folder where a file should be, and the other way round.
  ['evaluate FOLDER', /a-folder is a folder; a file is expected there\.$/m],
  ['export FOLDER', /a-folder is a folder; a file is expected there\.$/m],
  ['evaluate FILE/distilled.safetensors', /a-file is a file; a folder is expected there\.$/m],
  ['parity FILE', /a-file is a file; a folder is expected there\.$/m],
  ['runs list --runs FILE', /a-file is a file; a folder is expected there\.$/m],
  [`${smoke} --method mtt --experts FILE`, /a-file is a file; a folder is expected there\.$/m],
  ['distill --dataset mnist --data FILE', /a-file is a file; the folder of datasets is expected there: --data FOLDER/],
  ['data --list --data FILE', /a-file is a file; the folder of datasets is expected there: --data FOLDER/],
  ['data mnist --data FILE', /a-file is a file; the folder of datasets is expected there: --data FOLDER/],
  ['data mnist --data DATA --from FOLDER', /a-folder is a folder; a file is expected there\.$/m],
];

for (const [given, ...said] of cases) {
  test(`haba ${given.replace(tmpdir(), '')}`, { concurrency: true }, async () => {
    const runs = path.join(folder, 'runs');
    const places = { NOWHERE: 'NOWHERE', TORN: 'torn.safetensors', FOLDER: 'a-folder', FILE: 'a-file', DATA: 'data' };
    const words = given
      .replace(/[A-Z]{4,}/g, (word) => (word in places ? path.join(folder, places[word as keyof typeof places]) : word))
      .split(' ');
    const takesRuns = /^(distill|baseline|compare|runs \w+)/.test(given) && !given.includes('--runs');
    const { status, stdout, stderr } = await haba(...words, ...(takesRuns ? ['--runs', runs] : []));
    assert.equal(status, 1, stdout + stderr);
    for (const pattern of said) assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /\n {4}at |E[A-Z]{4,}:/, 'neither a stack trace nor a code is a sentence');
    assert.equal(stdout, '');
    assert.ok(!existsSync(runs), 'nothing is written');
  });
}
