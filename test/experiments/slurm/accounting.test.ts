/** What Slurm's accounting says of tasks that its queue has forgotten, asked of a real one; skipped where it is not installed. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { lookAtAccounting, lookAtQueue, queueKey, submitJob } from '../../../lib/experiments/slurm/queue';
import { whyNoAccounting } from './accounting';
import { startCluster, whyNoCluster } from './cluster';
import { ownCluster } from './own-cluster';

const whyNot = whyNoCluster() ?? whyNoAccounting();
const own = ownCluster('accounting', async () =>
  whyNot === undefined ? startCluster({ accounting: true }) : undefined,
);

/** What each task of the array does, by its place; the fourth is queued again when it has begun. */
const script = `#!/bin/bash
#SBATCH --requeue
case $SLURM_ARRAY_TASK_ID in
  0) exit 0 ;;
  1) exit 3 ;;
  2) sleep 1000 ;;
  3) [ "$SLURM_RESTART_COUNT" ] || sleep 1000 ;;
  4) kill -KILL $$ ;;
esac
`;

test('how tasks ended that the queue has forgotten: by their names and places, the last end of one that was queued again', async (context) => {
  const { cluster: at, folder } = own;
  if (!at) return context.skip(whyNot);
  const file = path.join(folder, 'job.sh');
  writeFileSync(file, script);
  const names = ['haba-20260102-030405-0a1b2c-0', 'haba-20260102-030405-0a1b2c-1'];
  const submit = (name: string, array: string) =>
    submitJob(`--job-name=${name}`, `--array=${array}`, '--output=/dev/null', file);
  const job = await submit(names[0], '0-4');
  await submit(names[1], '0,1');
  await submit('of-another-grid', '0');
  const until = async (what: string, isSo: () => Promise<boolean>) => {
    for (let look = 0; !(await isSo()); look++) {
      assert.ok(look < 600, `it was not so in time that ${what}: ${await at.describe()}`);
      await sleep(500);
    }
  };
  for (const [place, end] of Object.entries({ 2: ['scancel'], 3: ['scontrol', 'requeue'] })) {
    const key = queueKey(names[0], Number(place));
    await until(`task ${place} runs`, async () => (await lookAtQueue()).get(key)?.state === 'RUNNING');
    const [program, ...given] = end;
    await at.slurm(program, ...given, `${job}_${place}`);
  }
  await until('the queue has forgotten all of them', async () => (await lookAtQueue()).size === 0);
  const key = (name: number, place: number) => queueKey(names[name], place);
  assert.deepEqual(
    await lookAtAccounting(names),
    new Map([
      [key(0, 0), 'COMPLETED'],
      [key(0, 1), 'FAILED'],
      [key(0, 2), 'CANCELLED'],
      [key(0, 3), 'COMPLETED'],
      [key(0, 4), 'FAILED'],
      [key(1, 0), 'COMPLETED'],
      [key(1, 1), 'FAILED'],
    ]),
  );
});
