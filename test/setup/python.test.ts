/** Which TensorFlow the set-up puts into .venv: with a Python that only writes down what pip was asked for. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { askedForCuda } from '../../setup/machine.mjs';
import { pathsOf } from '../../setup/paths.mjs';
import { installPython } from '../../setup/python.mjs';

let folder: string;
before(() => {
  delete process.env.HABA_CUDA;
  folder = mkdtempSync(path.join(tmpdir(), 'haba-python-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Sets up an empty project, again and again, with a Python that makes a .venv of itself. */
function project() {
  const root = mkdtempSync(path.join(folder, 'project-'));
  mkdirSync(path.join(root, 'setup'));
  for (const name of ['requirements.txt', 'constraints.txt']) writeFileSync(path.join(root, 'setup', name), '');
  const python = path.join(root, 'python');
  const asked = path.join(root, 'asked');
  writeFileSync(
    python,
    `#!/bin/sh\nif [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; else echo "$@" >> '${asked}'; fi\n`,
  );
  chmodSync(python, 0o755);
  /** @returns the TensorFlow that pip was asked for, or undefined where there was nothing to do */
  return ({ gpu, cuda }: { gpu: boolean; cuda?: boolean }) => {
    rmSync(asked, { force: true });
    installPython(pathsOf(root), { python: () => python, gpu: () => gpu, asked: cuda, requireRoom: () => undefined });
    return existsSync(asked) ? /tensorflow\S*/.exec(readFileSync(asked, 'utf8'))?.[0] : undefined;
  };
}

const withCuda = 'tensorflow[and-cuda]==2.21.0';
const withoutCuda = process.platform === 'darwin' ? 'tensorflow==2.21.0' : 'tensorflow-cpu==2.21.0';

test('a GPU decides where nothing is asked for; CUDA stays where the GPU is not there the next day', () => {
  assert.equal(project()({ gpu: false }), withoutCuda);
  const install = project();
  assert.equal(install({ gpu: true }), withCuda);
  assert.equal(install({ gpu: false }), undefined);
});

test('CUDA is had without a GPU where it is asked for, and stays; and is left out beside one', () => {
  const install = project();
  assert.equal(install({ gpu: false, cuda: true }), withCuda);
  assert.equal(install({ gpu: false, cuda: true }), undefined);
  assert.equal(install({ gpu: false }), undefined, 'the next set-up, which nothing is asked of');
  assert.equal(install({ gpu: false, cuda: false }), withoutCuda);
  assert.equal(install({ gpu: true, cuda: false }), undefined);
  assert.equal(install({ gpu: true }), withCuda);
});

test('HABA_CUDA: 1, 0 or nothing; anything else is refused with what is allowed', () => {
  assert.equal(askedForCuda('1'), true);
  assert.equal(askedForCuda('0'), false);
  assert.equal(askedForCuda(''), undefined);
  for (const value of ['yes', 'true', '2']) {
    assert.throws(
      () => askedForCuda(value),
      new RegExp(
        `^Error: HABA_CUDA is '${value}'; allowed are '1' \\(TensorFlow with its CUDA libraries, GPU or not\\) and '0'`,
      ),
    );
  }
});
