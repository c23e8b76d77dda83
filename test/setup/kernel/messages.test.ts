/** What the kernel sends while an earlier message is still being written: a socket that refuses it, as ZeroMQ's do. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

type Sending = new () => { send(message: string): Promise<void> };

const { sendInTurn } = createRequire(__filename)('../../../setup/kernel/messages.cjs') as {
  sendInTurn: (sockets: Sending[]) => void;
};

function socketClass() {
  return class Socket {
    readonly written: string[] = [];
    private busy = false;

    send(message: string): Promise<void> {
      if (this.busy) throw new Error('Socket is busy writing; only one send operation may be in progress at any time');
      this.busy = true;
      return new Promise((resolve, reject) => {
        setImmediate(() => {
          this.busy = false;
          if (message === 'too long') reject(new Error(message));
          else {
            this.written.push(message);
            resolve();
          }
        });
      });
    }
  };
}

test('messages that nobody waits for are written one after the other, and one that fails stops none after it', async () => {
  const Socket = socketClass();
  const socket = new Socket();
  void socket.send('one');
  assert.throws(() => socket.send('two'), /Socket is busy writing/);
  await new Promise(setImmediate);

  sendInTurn([Socket]);
  const [first, second] = [new Socket(), new Socket()];
  const sent = ['one', 'two', 'too long', 'three'].map((message) => first.send(message));
  // Another socket does not wait.
  await second.send('at once');
  assert.deepEqual([first.written, second.written], [['one'], ['at once']]);
  const outcomes = await Promise.allSettled(sent);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(first.written, ['one', 'two', 'three']);
  await first.send('four');
  assert.equal(first.written.at(-1), 'four');
});
