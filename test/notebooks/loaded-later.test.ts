/**
 * What the library loads when it is first needed, in the real kernel: the client that downloads, from a machine that reaches nothing,
 * and the server of live curves.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { executeNotebook } from '../../lib/reproduction/execute-notebook';
import { readNotebook } from '../../lib/reproduction/notebook-file';
import { writeNotebookOf } from './write-notebook';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-loaded-later-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a dataset that cannot be downloaded is said to be so, and the embedded one is taken; live curves have a server', async () => {
  const notebook = path.join(folder, 'later.ipynb');
  writeNotebookOf(notebook, [
    `import { dataForNotebook, live, run } from './lib';
     const { dataset } = await dataForNotebook('cifar10');`,
    `const curves = live({ serve: true, open: false });
     await run({ profile: 'smoke', dataset, set: { kind: 'images', ipc: 1 }, iterations: 1 }, { progress: curves.progress });`,
  ]);
  const executed = path.join(folder, 'executed.ipynb');
  // Nothing listens on the port of discarding.
  const nowhere = 'http://127.0.0.1:9';
  const proxies = { http_proxy: nowhere, https_proxy: nowhere, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, NO_PROXY: '', no_proxy: '' };
  await executeNotebook(notebook, {
    to: executed,
    environment: { ...proxies, HABA_DATA: path.join(folder, 'data'), HABA_RESULTS: path.join(folder, 'results') },
  });
  const said = readNotebook(executed).map(({ outputs }) => outputs.map(({ text = '' }) => text).join(''));
  assert.match(said[0], /going on with the embedded dataset 'shapes'/);
  assert.doesNotMatch(said.join(''), /Cannot find module|There are no live curves/);
  assert.match(said[1], /Live curves: http:\/\/(127\.0\.0\.1|localhost):\d+/);
});
