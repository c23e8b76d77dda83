import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { Server } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { PlotsService } from 'nodeplotlib/src/lib/server/plots/plots.service';
import puppeteer from 'puppeteer-core';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';
import type { RunResult } from '../../lib/runs/train-students';
import { createCurves, hasDisplay, live } from '../../lib/report/live';
import { withoutInternet, type PlotLine } from '../../lib/report/live-server';
import { commandPath, findChromium } from '../notebooks/jupyter-lab';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-live-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const silent = () => createProgress({ form: 'silent' });

/** The stream as the page reads it: socket.io over requests that wait for an answer. */
async function readStream(address: string): Promise<() => Promise<{ id: number; data: PlotLine[] }[]>> {
  const poll = async (session = '') => (await fetch(`${address}/socket.io/?EIO=4&transport=polling${session}`)).text();
  const { sid } = JSON.parse((await poll()).slice(1)) as { sid: string };
  const send = async (message: string) => {
    const url = `${address}/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    assert.equal(await (await fetch(url, { method: 'POST', body: message })).text(), 'ok');
  };
  await send('40');
  await poll(`&sid=${sid}`);
  await send('42["readplots"]');
  return async () =>
    (await poll(`&sid=${sid}`))
      .split('\u001e')
      .filter((message) => message.startsWith('42'))
      .map((message) => (JSON.parse(message.slice(2)) as [string, { id: number; data: PlotLine[] }])[1]);
}

function reach(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 });
    socket
      .on('connect', () => resolve('connected'))
      .on('error', (error) => resolve((error as { code?: string }).code!));
    socket.on('timeout', () => resolve('timeout'));
    void sleep(3000, undefined, { ref: false }).then(() => socket.destroy());
  });
}

test('off where there is no screen, in CI and in a kernel; on where there is one', () => {
  const argv = ['node', 'program.ts'];
  assert.equal(hasDisplay({}, 'linux', argv), false);
  assert.equal(hasDisplay({ DISPLAY: ':0' }, 'linux', argv), true);
  assert.equal(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', argv), true);
  assert.equal(hasDisplay({}, 'darwin', argv), true);
  assert.equal(hasDisplay({ DISPLAY: ':0', CI: 'true' }, 'linux', argv), false);
  assert.equal(hasDisplay({ DISPLAY: ':0' }, 'linux', ['node', '/haba/setup/start-kernel.cjs']), false);
});

test('where it is off, whoever else is told is told the same, and nothing is served', async () => {
  const told: unknown[][] = [];
  const names = ['stage', 'update', 'note', 'end'] as const;
  const inner = Object.fromEntries(names.map((name) => [name, (...given: unknown[]) => told.push([name, ...given])]));
  const { progress, address } = live({ serve: false, progress: inner as unknown as ProgressReporter });
  progress.stage({ name: 'distilling', total: 2 });
  progress.update(1, { loss: 0.5 });
  progress.note('half');
  progress.end();
  assert.deepEqual(told, [
    ['stage', { name: 'distilling', total: 2 }],
    ['update', 1, { loss: 0.5 }],
    ['note', 'half'],
    ['end'],
  ]);
  assert.equal(await address(), undefined);
});

test('curves: one a student, sent at most twice a second, thinned out evenly to a thousand points', () => {
  let now = 0;
  const { lines, add, flush } = createCurves('HaBa', () => now);
  const sent: PlotLine[][] = [];
  lines.subscribe((given) => sent.push(given));
  for (let step = 1; step <= 10; step++) {
    add(step, 1 / step);
    now += 100;
  }
  assert.deepEqual(
    sent.map(([{ x }]) => x.length),
    [1, 6],
  );
  for (let step = 11; step <= 5000; step++) add(step, 1 / step);
  add(3, 0.7, 2);
  flush();
  const [all, student] = sent[sent.length - 1];
  assert.deepEqual(student, { name: 'HaBa, student 2', x: [3], y: [0.7], type: 'scatter', mode: 'lines' });
  assert.ok(all.x.length > 400 && all.x.length <= 1000, `${all.x.length} points`);
  const steps = all.x.slice(1).map((x, place) => x - all.x[place]);
  assert.deepEqual(new Set(steps), new Set([8]));
  assert.ok(all.x.every((x, place) => all.y[place] === 1 / x));
});

test('the page: plotly.js of npm, no fonts of the internet, the rest as it was', () => {
  const page =
    '<head><link rel="preconnect" href="https://fonts.gstatic.com"><style type="text/css">@font-face{src:url(https://f)}</style>' +
    '<style>body{margin:0}</style></head><script src="https://cdn.plot.ly/plotly-1.58.4.min.js" defer></script>';
  assert.equal(
    withoutInternet(page),
    '<head><style>body{margin:0}</style></head><script src="plotly.min.js" defer></script>',
  );
});

test('served on this machine alone, with everything the page needs; the stream brings what was told', async (context) => {
  const said = context.mock.method(console, 'log');
  const { progress, address } = live({ label: 'HaBa', serve: true, open: false, progress: silent() });
  progress.stage({ name: 'distilling', total: 3 });
  progress.update(1, { loss: 0.5 });
  const url = (await address())!;
  const { hostname, port } = new URL(url);
  assert.equal(hostname, '127.0.0.1');
  // Another address of the same machine: a server on every interface would answer there too.
  const others = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address: one }) => one) ?? []);
  const elsewhere = [
    ...(process.platform === 'linux' ? ['127.0.0.2'] : []),
    ...others.filter((one) => one !== hostname),
  ];
  assert.equal(await reach(hostname, Number(port)), 'connected');
  for (const host of elsewhere) assert.notEqual(await reach(host, Number(port)), 'connected', host);

  const page = await fetch(url);
  assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self'/);
  const html = await page.text();
  assert.doesNotMatch(html, /(?:https?:)?\/\/[\w.]+/);
  for (const [, file] of html.matchAll(/(?:src|href)="([^"/][^"]*)"/g)) {
    const response = await fetch(`${url}/${file}`);
    assert.equal(response.status, 200, file);
    const content = await response.text();
    if (file === 'plotly.min.js') assert.match(content, /plotly\.js v3\.3\.0/);
  }

  const next = await readStream(url);
  progress.update(2, { loss: 0.25 });
  await sleep(600);
  progress.update(3, { loss: 0.125 });
  const seen: PlotLine[] = [];
  while (seen.at(-1)?.x.length !== 3) for (const { data } of await next()) seen.push(...data);
  assert.deepEqual(seen.at(-1), { name: 'HaBa', x: [1, 2, 3], y: [0.5, 0.25, 0.125], type: 'scatter', mode: 'lines' });

  progress.end();
  while ((await reach(hostname, Number(port))) === 'connected') await sleep(50);
  assert.equal(said.mock.calls.length, 0, 'nodeplotlib keeps quiet');
});

test('a server that fails, at a plot or at its end, is said, and nothing is thrown from the side', async (context) => {
  const notes: string[] = [];
  const inner = { ...silent(), note: (message: string) => void notes.push(message) };
  const broken = (what: string) => () => {
    throw new Error(what);
  };
  context.mock.method(PlotsService.prototype, 'addPlot', broken('no plot'));
  const close = context.mock.method(Server.prototype, 'closeAllConnections', broken('no end'));
  const { progress, address } = live({ serve: true, open: false, progress: inner });
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  progress.stage({ name: 'distilling', total: 1 });
  const url = new URL((await address())!);
  progress.update(1, { loss: 0.5 });
  progress.end();
  for (let tries = 0; tries < 100 && close.mock.callCount() === 0; tries++) await sleep(50);
  await sleep(50);
  process.off('unhandledRejection', hear);
  assert.deepEqual(unhandled, []);
  assert.deepEqual(notes.slice(1), [
    'There are no live curves any more: no plot',
    'There are no live curves any more: no end',
  ]);
  while ((await reach(url.hostname, Number(url.port))) === 'connected') await sleep(50);
});

test('a distillation has a figure; real images have none', async () => {
  const { figure } = live({ serve: false, progress: silent() });
  await assert.rejects(
    figure({ run: 'runs/full', kind: 'full' } as RunResult),
    /^RangeError: runs\/full is of kind 'full': only a distillation has a loss to show\.$/,
  );
});

const chromium = findChromium();

test('a run with a page open on it: curves grow, nothing is asked of the internet, and the process ends with the run', async () => {
  const args = process.getuid?.() === 0 ? ['--no-sandbox', '--disable-dev-shm-usage'] : [];
  // The browser is there before the run begins, which must not be over before its page is looked at.
  const browser = chromium ? await puppeteer.launch({ executablePath: commandPath(chromium), args }) : undefined;
  const program = path.join(__dirname, 'live-program.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, path.join(folder, 'runs'), '800'], {
    cwd: path.resolve(__dirname, '..', '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  while (!stdout.includes('\n') && child.exitCode === null) await sleep(50);
  const [address] = stdout.split('\n');
  assert.match(address, /^http:\/\/127\.0\.0\.1:\d+$/, stderr);
  assert.match(stderr, new RegExp(`Live curves: ${address}`));
  if (browser) {
    try {
      const page = await browser.newPage();
      const asked = new Set<string>();
      page.on('request', (request) => asked.add(new URL(request.url()).origin));
      await page.goto(address, { waitUntil: 'domcontentloaded' });
      await page.waitForSelector('.js-plotly-plot .scatterlayer path.js-line', { timeout: 60_000 });
      const points = async () =>
        ((await page.evaluate("document.querySelector('path.js-line').getAttribute('d')")) as string).split('L').length;
      const before = await points();
      while ((await points()) <= before && child.exitCode === null) await sleep(100);
      assert.ok((await points()) > before);
      assert.deepEqual(
        [...asked].filter((origin) => !/^(data|blob|null)/.test(origin)),
        [address],
      );
      mkdirSync('.artifacts', { recursive: true });
      await page.screenshot({ path: '.artifacts/live.png' });
      assert.equal(await ended, 0, stderr);
    } finally {
      await browser.close();
    }
  } else {
    const next = await readStream(address);
    assert.ok((await next()).length > 0);
    assert.equal(await ended, 0, stderr);
  }
  const [, accuracy, figure] = stdout.split('\n');
  assert.match(accuracy, /^0\.\d+$/);
  for (const text of ['iteration', 'matching loss', 'HaBa', 'shapes']) assert.ok(figure.includes(`>${text}<`), text);
});
