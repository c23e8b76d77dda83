import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freeBytes } from '../../../lib/files/disk-space';
import { expertFiles } from '../../../lib/matching/experts/expert-files';
import { epochBytes, missingBytes } from '../../../lib/matching/experts/expert-space';
import { parameterShapes } from '../../../lib/networks/parameter-shapes';
import { useBackend } from '../../../lib/tensor/backend';
import { network, train } from './small-experts';

let folder: string;
before(async () => {
  await useBackend();
  folder = mkdtempSync(path.join(tmpdir(), 'haba-experts-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('only what is still missing is asked for, and no less than files come to', async () => {
  const shapes = parameterShapes(network);
  const one = epochBytes(shapes);
  const files = (place: string, count: number) =>
    Array.from({ length: count }, (_, expert) => expertFiles({ folder: place, experts: 'any', expert }));
  assert.equal(missingBytes(files(path.join(folder, 'none'), 2), 3, shapes), 2 * (4 + 2) * one);
  const { folder: trained } = await train(folder, { count: 2, epochs: 3 });
  assert.equal(missingBytes(files(trained, 2), 3, shapes), 0);
  assert.equal(missingBytes(files(trained, 2), 2, shapes), 0);
  assert.equal(missingBytes(files(trained, 3), 5, shapes), (2 * 2 + 6 + 2) * one);
  const place = path.join(trained, 'expert-000');
  for (const name of readdirSync(place)) {
    const bytes = statSync(path.join(place, name)).size / (name.startsWith('epoch') ? 1 : 2);
    assert.ok(bytes <= one && bytes > 0.5 * one, `${name} has ${bytes} bytes, counted as ${one}`);
  }
});

test('free bytes of a folder; of one that is not there, nothing is known', () => {
  assert.ok((freeBytes(folder) ?? 0) > 0);
  assert.equal(freeBytes(path.join(folder, 'nowhere')), undefined);
});
