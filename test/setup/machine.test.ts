/** What the set-up says of a machine that lacks something: one sentence that says what to install. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { requireDiskSpace } from '../../setup/disk-space.mjs';
import { findPython } from '../../setup/machine.mjs';
import { requireNode } from '../../setup/node-version.mjs';
import { fingerprint, readStamp, stamp } from '../../setup/stamp.mjs';

test('Node: 20.19, 22.12, 24 and later ones of their lines; others are refused', () => {
  for (const version of ['20.19.0', '20.20.1', '22.12.0', '22.23.3', '24.0.0', '24.21.0']) requireNode(version);
  for (const version of ['18.20.0', '20.18.9', '21.7.0', '22.11.0', '26.0.0']) {
    assert.throws(
      () => requireNode(version),
      new RegExp(`^Error: This is Node ${version}, and haba needs 20\\.19 or later`),
    );
  }
});

test('Python: one of 3.10 to 3.13 that can make virtual environments', () => {
  const machine = (answers: Record<string, string>) => (command: string) => answers[command];
  assert.equal(findPython(machine({ python3: '3.11 1' })), 'python3');
  assert.equal(
    findPython(machine({ 'python3.12': '3.12 0', 'python3.10': '3.10 1', python3: '3.13 1' })),
    'python3.10',
  );
  assert.throws(
    () => findPython(machine({ 'python3.11': '3.11 0' })),
    /Python 3\.11 has no module venv: install it \(on Debian and Ubuntu: sudo apt install python3\.11-venv\) and run again\./,
  );
  assert.throws(
    () => findPython(machine({ python3: '3.9 1' })),
    /needs Python 3\.10, 3\.11, 3\.12 or 3\.13 \(only Python 3\.9 was found\)/,
  );
  // Debian 13 has 3.13 alone; for a machine with a later one alone, apt's python3 is no help.
  assert.equal(findPython(machine({ python3: '3.13 1' })), 'python3');
  assert.throws(
    () => findPython(machine({ python3: '3.14 1' })),
    /only Python 3\.14 .*uv python install 3\.12, or conda create/,
  );
  assert.throws(() => findPython(machine({})), /\(no Python was found\): install one/);
});

test('a disk that is too full: how much there is, and how much is needed', () => {
  requireDiskSpace('/data', 4e9, 4e9);
  assert.throws(
    () => requireDiskSpace('/data', 4e9, 1.26e9),
    /The disk of \/data has 1\.3 GB free, and this step needs 4\.0 GB: make room and run again\./,
  );
});

test('stamps: what was stamped is read back, nothing where nothing was; fingerprints tell parts apart', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-stamp-'));
  const file = path.join(folder, 'deep', 'stamp');
  assert.equal(readStamp(file), undefined);
  stamp(file, 'value');
  assert.equal(readStamp(file), 'value');
  assert.notEqual(fingerprint('ab', 'c'), fingerprint('a', 'bc'));
  rmSync(folder, { recursive: true });
});
