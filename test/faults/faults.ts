/** Faults other than kills: each check throws where something was lost or said badly, and returns what was seen. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSafetensors } from '../../lib/files/safetensors';
import { startHaba, type Finished } from '../commands/command-line';
import { contentOf, differences } from './content';
import { memoryOfLongRun } from './memory';
import { distillCommand, expertsCommand, onlyFolder, startChild, writeDigits, type archiveServer } from './world';

export interface FaultWorld {
  server: Awaited<ReturnType<typeof archiveServer>>;
  /** A distilled set. */
  set: string;
}

export interface Fault {
  name: string;
  /** @param folder of its own */
  check: (folder: string, world: FaultWorld) => Promise<string>;
}

/** A file system of its own, of so many kilobytes; undefined where this user cannot have one. */
function mountSmall(folder: string, kilobytes: number): (() => void) | undefined {
  mkdirSync(folder, { recursive: true });
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]);
  return status === 0 ? () => void spawnSync('umount', ['--lazy', folder]) : undefined;
}

const noMount = 'skipped: this user cannot mount a file system';

function assertSentence({ status, stderr, stdout }: Finished, pattern: RegExp): void {
  assert.equal(status, 1, stderr);
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /\n {4}at /, 'a stack trace is no sentence');
  assert.equal(stdout, '');
}

function assertSame(folder: string, expected: string): void {
  const { names } = differences(contentOf(expected), contentOf(folder));
  assert.deepEqual(names, [], 'it ended in another content than undisturbed');
}

async function undisturbed(folder: string): Promise<string> {
  writeDigits(path.join(folder, 'data'));
  const runs = path.join(folder, 'undisturbed');
  const finished = await startHaba(distillCommand({ data: path.join(folder, 'data'), runs })).finished;
  assert.equal(finished.status, 0, finished.stderr);
  return runs;
}

/** What a started child said, and how it ended. */
async function endOf(child: ReturnType<typeof startChild>): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (part) => (stdout += part));
  child.stderr?.on('data', (part) => (stderr += part));
  return new Promise((resolve) => child.on('close', (status, signal) => resolve({ status, signal, stdout, stderr })));
}

/** Fills a disk until it has so many kilobytes left, and empties it again. */
function filled(folder: string, kilobytesLeft: number) {
  const file = path.join(folder, 'filling');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - 1024 * kilobytesLeft)));
  return () => rmSync(file);
}

const diskFull: Fault = {
  name: 'disk full',
  async check(folder, { server, set }) {
    const disk = path.join(folder, 'disk');
    const unmount = mountSmall(disk, 12_000);
    if (!unmount) return noMount;
    try {
      const whole = await undisturbed(folder);
      const data = path.join(folder, 'data');
      const runs = path.join(disk, 'runs');
      const said = /No space is left to write .*: free some space .* start the same again/;
      // Full at once, when the first checkpoint is written, and later.
      for (const left of [0, 16, 80, 200]) {
        const empty = filled(disk, left);
        assertSentence(await startHaba(distillCommand({ data, runs })).finished, said);
        empty();
      }
      const { status, stderr } = await startHaba(distillCommand({ data, runs })).finished;
      assert.equal(status, 0, stderr);
      assertSame(runs, whole);
      rmSync(runs, { recursive: true });

      const empty = filled(disk, 40);
      // What experts need is asked for before they are trained.
      assertSentence(
        await startHaba(expertsCommand(data, path.join(disk, 'experts'))).finished,
        /too little space for the experts in .* need [\d.]+ MB more, and [\d.]+ MB are free\. Free some space/,
      );
      assertSentence(
        await endOf(startChild('download', server.address, server.md5, path.join(disk, 'data'))),
        /[Nn]o space/,
      );
      assertSentence(await endOf(startChild('figures', set, path.join(disk, 'results'))), said);
      empty();
      const again = await Promise.all([
        startHaba(expertsCommand(data, path.join(disk, 'experts'))).finished,
        endOf(startChild('download', server.address, server.md5, path.join(disk, 'data'))),
        endOf(startChild('figures', set, path.join(disk, 'results'))),
      ]);
      for (const finished of again) assert.equal(finished.status, 0, finished.stderr);
      return 'run, experts, download and export said so in a sentence, and went on to the undisturbed numbers';
    } finally {
      unmount();
    }
  },
};

const readOnly: Fault = {
  name: 'read-only results folder',
  async check(folder) {
    const disk = path.join(folder, 'disk');
    const unmount = mountSmall(disk, 1000);
    const data = path.join(folder, 'data');
    writeDigits(data);
    if (unmount) spawnSync('mount', ['-o', 'remount,ro', disk]);
    else if (process.getuid?.() === 0) return noMount;
    else chmodSync(disk, 0o555);
    try {
      const said = /cannot be written: its folder is read-only here\. Choose another folder/;
      assertSentence(await startHaba(distillCommand({ data, runs: path.join(disk, 'runs') })).finished, said);
      assertSentence(await startHaba(expertsCommand(data, path.join(disk, 'experts'))).finished, said);
      assert.deepEqual(readdirSync(disk), []);
      return 'said in a sentence; nothing was written';
    } finally {
      unmount?.();
    }
  },
};

const twoProcesses: Fault = {
  name: 'two processes on one run, on experts, on a download',
  async check(folder, { server }) {
    const whole = await undisturbed(folder);
    const data = path.join(folder, 'data');
    const runs = path.join(folder, 'runs');
    const both = async (start: () => Promise<Finished>) => {
      const ends = await Promise.all([start(), start()]);
      for (const { status, stderr } of ends) assert.equal(status, 0, stderr);
      return ends;
    };
    const ends = await both(() => startHaba(distillCommand({ data, runs })).finished);
    const waited = ends.filter(({ stderr }) => /is held by process \d+ on .* Waiting for it\./.test(stderr));
    assert.equal(waited.length, 1, 'one of two waits, and says for whom');
    assertSame(runs, whole);
    await both(() => startHaba(expertsCommand(data, path.join(folder, 'experts'))).finished);
    const sent = server.sent();
    await both(() => endOf(startChild('download', server.address, server.md5, path.join(folder, 'fetched'))));
    assert.equal(server.sent() - sent, server.bytes, 'fetched once');
    return 'the second waits, says who holds it, and ends in the same';
  },
};

const deadHolder: Fault = {
  name: "a dead holder's lock, its files of the future",
  async check(folder) {
    const whole = await undisturbed(folder);
    const data = path.join(folder, 'data');
    const runs = path.join(folder, 'runs');
    const first = startHaba(distillCommand({ data, runs }));
    while (!existsSync(path.join(onlyFolder(runs), 'checkpoint.safetensors'))) await sleep(10);
    first.child.kill('SIGKILL');
    await first.finished;
    const holder = path.join(onlyFolder(runs), 'holder.json');
    assert.equal((JSON.parse(readFileSync(holder, 'utf8')) as { host: string }).host, hostname());
    // Killed within the gate, by a clock that was then set back by a day.
    mkdirSync(path.join(onlyFolder(runs), 'holder.gate'));
    const tomorrow = Date.now() / 1000 + 86_400;
    for (const name of readdirSync(onlyFolder(runs))) utimesSync(path.join(onlyFolder(runs), name), tomorrow, tomorrow);
    const began = performance.now();
    const { status, stderr } = await startHaba(distillCommand({ data, runs })).finished;
    assert.equal(status, 0, stderr);
    assertSame(runs, whole);
    return `taken over; the run ended ${((performance.now() - began) / 1000).toFixed(0)} s later in the undisturbed numbers`;
  },
};

const lossIsNoNumber: Fault = {
  name: 'a loss that is no number',
  async check(folder) {
    const data = path.join(folder, 'data');
    const runs = path.join(folder, 'runs');
    writeDigits(data);
    // Without normalisation every step is larger than the one before, until float32 ends.
    const more = ['network.normalisation=none', 'optimisers.bases.learningRate=1', 'checkpointEvery=1'];
    const finished = await startHaba(distillCommand({ data, runs, more })).finished;
    assertSentence(
      finished,
      /(The loss of iteration \d+ is (NaN|Infinity|-Infinity)|Iteration \d+ left parameters that are no numbers): it diverged with optimisers\.bases\.learningRate 1, .* The checkpoint before it is kept in /,
    );
    const { tensors, metadata } = readSafetensors(path.join(onlyFolder(runs), 'checkpoint.safetensors'));
    for (const [name, { values }] of Object.entries(tensors)) {
      if (name.startsWith('parameters.')) assert.ok((values as Float32Array).every(Number.isFinite), name);
    }
    const [said] = /(The loss of i|I)teration.*?: it/.exec(finished.stderr) ?? [''];
    return `stopped: "${said.slice(0, -4)}"; the checkpoint of iteration ${metadata.iteration} is kept, all of it finite`;
  },
};

const clockJumps: Fault = {
  name: 'a clock that jumps by ten years, back and forth',
  async check(folder) {
    const whole = await undisturbed(folder);
    const data = path.join(folder, 'data');
    const runs = path.join(folder, 'runs');
    const shifted = { NODE_OPTIONS: `--require ${path.join(__dirname, 'shift-clock.cjs')}` };
    for (const last of [false, true]) {
      const { child, finished } = startHaba(distillCommand({ data, runs }), shifted);
      if (!last) {
        while (!existsSync(path.join(onlyFolder(runs), 'checkpoint.safetensors'))) await sleep(10);
        child.kill('SIGKILL');
      }
      const { status, stderr } = await finished;
      if (last) assert.equal(status, 0, stderr);
    }
    assertSame(runs, whole);
    const { seconds } = JSON.parse(readFileSync(path.join(onlyFolder(runs), 'result.json'), 'utf8')) as {
      seconds: number;
    };
    assert.ok(seconds > 0 && seconds < 3600, `it says that it took ${seconds} s`);
    return 'killed once and ended in the undisturbed numbers; durations follow a monotonic clock';
  },
};

const memory: Fault = {
  name: 'memory over 5,000 iterations',
  async check(folder) {
    writeDigits(path.join(folder, 'data'));
    const outcomes: string[] = [];
    for (const method of ['dm', 'dsa'] as const) {
      const { early, late } = await memoryOfLongRun(folder, { method, iterations: 5000 });
      assert.ok(late < 1.05 * early + 2 ** 24, `${method}: ${early} grew to ${late} bytes`);
      outcomes.push(`${method}: ${(early / 1e6).toFixed(0)} MB after 1,000, ${(late / 1e6).toFixed(0)} MB after 5,000`);
    }
    return outcomes.join('; ');
  },
};

export const faults: Fault[] = [diskFull, readOnly, twoProcesses, deadHolder, lossIsNoNumber, clockJumps, memory];
