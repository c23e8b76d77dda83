/** What a run was computed with: the commit, as git itself says it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { describeEnvironment, projectRoot } from '../../lib/machine/environment';

const git = (...command: string[]) => execFileSync('git', command, { cwd: projectRoot(), encoding: 'utf8' }).trim();

function isCheckout(): boolean {
  try {
    return git('rev-parse', 'HEAD') !== '';
  } catch {
    return false;
  }
}

test('commit and whether tracked files differ from it are what git says', (context) => {
  if (!isCheckout()) return context.skip('not a git checkout');
  const { commit, modified } = describeEnvironment('wasm');
  assert.equal(commit, git('rev-parse', 'HEAD'));
  assert.equal(modified, git('status', '--porcelain', '--untracked-files=no') !== '');
});
