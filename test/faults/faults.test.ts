/** A short form of `npm run faults`; kills of a distillation are in test/commands/interrupted-runs.test.ts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Random } from '../../lib/tensor/random';
import { contentOf } from './content';
import { killOften, type Victim } from './kill-often';
import { memoryOfLongRun } from './memory';
import { archiveServer, downloading, expertTraining, figureExport, writeDigits, writeSmallSet } from './world';

let folder: string;
let server: Awaited<ReturnType<typeof archiveServer>>;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-faults-'));
  server = await archiveServer();
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const place = (name: string) => {
  mkdirSync(path.join(folder, name), { recursive: true });
  return path.join(folder, name);
};

const victims: [name: string, kills: number, make: () => Victim | Promise<Victim>][] = [
  ['a download', 4, () => downloading(place('download'), server)],
  ['expert training', 2, () => expertTraining(place('experts'))],
  [
    'a figure export',
    3,
    async () => {
      const set = path.join(folder, 'distilled.safetensors');
      await writeSmallSet(set);
      return figureExport(place('figures'), set);
    },
  ],
];

for (const [name, kills, make] of victims) {
  test(`${name}, killed at random moments, goes on and ends as undisturbed`, async () => {
    const report = await killOften(await make(), kills, Random.stream(kills, 'test'));
    assert.deepEqual(report.reasons, []);
    assert.deepEqual([report.kills, report.survived], [kills, kills]);
    assert.deepEqual([report.bytesLost, report.leftoverBytes], [0, 0]);
  });
}

test('a program that loses what it wrote is noticed', async () => {
  const home = place('careless');
  const file = path.join(home, 'numbers');
  // Appends from wherever it was, without a look at what is there.
  const program = `
    const fs = require('node:fs');
    let left = 60;
    setInterval(() => {
      fs.appendFileSync(${JSON.stringify(file)}, left + '\\n');
      if (--left === 0) process.exit(0);
    }, 10);`;
  const report = await killOften(
    {
      name: 'careless',
      start: () => spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'pipe'] }),
      mark: () => (existsSync(file) ? statSync(file).size : 0),
      longest: 200,
      content: () => contentOf(home),
      reset: () => rmSync(file, { force: true }),
    },
    3,
    Random.stream(1, 'test'),
  );
  assert.ok(report.bytesLost > 0 && report.survived < 3);
  assert.match(report.reasons[0], /another content than undisturbed: numbers/);
});

test('memory is flat over 500 iterations', async () => {
  writeDigits(path.join(folder, 'data'));
  const { early, late } = await memoryOfLongRun(folder, { method: 'dm', iterations: 500 });
  assert.ok(late < 1.1 * early + 2 ** 25, `${early} grew to ${late} bytes`);
});
