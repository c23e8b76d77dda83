import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createMeter, createProgress, formatSeconds } from '../../lib/terminal/progress';

/** A stream that keeps what is written to it. */
function paper(isTTY: boolean) {
  const stream = new PassThrough() as PassThrough & { isTTY: boolean; columns: number };
  Object.assign(stream, { isTTY, columns: 200, cursorTo: () => true, clearLine: () => true, moveCursor: () => true });
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}

test('a meter counts this session alone: 30 steps in 10 seconds, from step 20 on, leave 50 of 100 for 16.7 seconds', () => {
  let time = 5;
  const meter = createMeter({ name: 'distilling', total: 100, done: 20 }, () => time);
  assert.equal(meter.pace(20), undefined);
  time = 15;
  const pace = meter.pace(50);
  assert.equal(pace?.perSecond, 3);
  assert.ok(Math.abs((pace?.secondsLeft ?? 0) - 50 / 3) < 1e-9);
});

test('seconds are written for people', () => {
  assert.deepEqual([0.4, 59, 75, 4000, 90061].map(formatSeconds), [
    '0 s',
    '59 s',
    '1 min 15 s',
    '1 h 6 min',
    '25 h 1 min',
  ]);
});

test('a log has a line at the beginning and at the end of a stage, and notes, but not a line a step', () => {
  const { stream, text } = paper(false);
  const progress = createProgress({ stream });
  progress.note('About a minute.');
  progress.stage({ name: 'distilling', total: 500 });
  for (let done = 1; done <= 500; done++) progress.update(done, { loss: 1 / done });
  progress.end();
  const lines = text().trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.equal(lines[0], 'About a minute.');
  assert.match(lines[1], /^distilling 1\/500 {2}loss 1 {2}.*left$/);
  assert.match(lines[2], /^distilling 500\/500 {2}loss 0\.002000 {2}\S+\/s {2}0 s left$/);
});

test('a notebook gets one line that is written anew', () => {
  const lines: string[] = [];
  const progress = createProgress({ form: 'notebook', rewrite: (line) => lines.push(line) });
  progress.stage({ name: 'training students', total: 2, done: 1 });
  progress.update(2, { loss: 0.25 });
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^training students 2\/2 {2}loss 0\.2500/);
});

test('a terminal gets a bar with loss, speed and time left', () => {
  const { stream, text } = paper(true);
  const progress = createProgress({ form: 'bar', stream });
  progress.stage({ name: 'distilling', total: 4 });
  progress.update(4, { loss: 0.125 });
  progress.note('A word in between.');
  progress.end();
  assert.match(text(), /distilling .*4\/4 {2}loss 0\.1250/);
  assert.match(text(), /A word in between\.\n/);
});
