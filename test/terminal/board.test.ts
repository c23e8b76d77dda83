import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createBoard } from '../../lib/terminal/board';

/** A stream that keeps what is written to it, as wide as 20 characters. */
function paper() {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 20 });
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { stream, text: () => text };
}

test('a terminal: lines are cut to its width and written over; a sentence stays above them', () => {
  const { stream, text } = paper();
  let time = 0;
  const board = createBoard({ form: 'bar', stream, now: () => time });
  board.show(['1 of 3 done', `  running ${'x'.repeat(40)}`]);
  assert.equal(text(), `1 of 3 done\n  running ${'x'.repeat(9)}\n`);
  time = 0.1;
  board.show(['too soon']);
  board.note('One failed.');
  board.show(['2 of 3 done'], true);
  time = 5;
  board.show(['3 of 3 done']);
  board.end();
  const rest = text().slice(text().indexOf('x\n') + 2);
  // Two lines up and cleared; the sentence; the next lines; one line up and cleared.
  assert.equal(rest, '\u001b[2A\r\u001b[JOne failed.\n2 of 3 done\n\u001b[1A\r\u001b[J3 of 3 done\n');
});

test('a log: now and then all lines as one, and the last when it ends', () => {
  const { stream, text } = paper();
  let time = 0;
  const board = createBoard({ form: 'log', stream, logEvery: 15, now: () => time });
  for (time = 0; time <= 20; time++) board.show([`second ${time}`, '  running a']);
  board.end();
  board.end();
  assert.deepEqual(text().trimEnd().split('\n'), [
    'second 0 | running a',
    'second 15 | running a',
    'second 20 | running a',
  ]);
});

test('a notebook: one output of several lines', () => {
  const shown: string[] = [];
  const board = createBoard({ form: 'notebook', rewrite: (text) => shown.push(text) });
  board.show(['1 of 2 done', '  running a'], true);
  board.end();
  assert.deepEqual(shown, ['1 of 2 done\n  running a']);
});
