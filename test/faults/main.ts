/**
 * `npm run faults`: fifty kills each of a distillation, of expert training, of a download and of a figure export, and every
 * other fault that a long run meets; prints what was survived. `npm run faults -- --kills 5 --seed 3 --only download` varies it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../lib/tensor/random';
import { faults } from './faults';
import { killOften, type Victim } from './kill-often';
import { archiveServer, distillation, downloading, expertTraining, figureExport, writeSmallSet } from './world';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    /** Part of a name. */
    only: { type: 'string', default: '' },
  },
});

async function main(): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-faults-'));
  const server = await archiveServer();
  const print = (...cells: (string | number)[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
  const place = (name: string) => {
    mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  };
  let sound = true;
  try {
    const set = path.join(folder, 'distilled.safetensors');
    await writeSmallSet(set);
    const victims: Victim[] = [
      distillation(place('distillation')),
      expertTraining(place('experts')),
      downloading(place('download'), server),
      figureExport(place('figures'), set),
    ];
    process.stdout.write(`seed ${values.seed}\n\n`);
    print('killed', 'kills', 'survived', 'brought to an end', 'done again', 'bytes lost', 'bytes left over');
    print('---', '---:', '---:', '---:', '---:', '---:', '---:');
    for (const victim of victims.filter(({ name }) => Number(values.kills) > 0 && name.includes(values.only))) {
      const report = await killOften(victim, Number(values.kills), Random.stream(Number(values.seed), 'test'));
      const { name, kills, survived, ends, repeated, bytesLost, leftoverBytes, reasons } = report;
      print(name, kills, survived, ends, victim.repeated ? repeated : '-', bytesLost, leftoverBytes);
      for (const reason of reasons) process.stdout.write(`  ${reason}\n`);
      sound &&= reasons.length === 0 && survived === kills;
    }
    process.stdout.write('\n');
    print('fault', 'outcome');
    print('---', '---');
    for (const { name, check } of faults.filter((fault) => fault.name.includes(values.only))) {
      try {
        print(name, await check(place(name.replaceAll(/\W+/g, '-')), { server, set }));
      } catch (error) {
        sound = false;
        print(name, `FAILED: ${(error as Error).message}`);
      }
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return sound;
}

main()
  .then((sound) => (process.exitCode = sound ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`${(error as Error).stack}\n`);
    process.exitCode = 1;
  });
