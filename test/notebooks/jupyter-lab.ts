/** JupyterLab as `npm start` opens it, in a browser without a screen. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'puppeteer-core';
import { root } from './reproduce-command';

/** A browser of the machine: HABA_CHROMIUM, else Debian's chromium or its kin. */
export function findChromium(): string | undefined {
  return [process.env.HABA_CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'].find(
    (command) => command && spawnSync(command, ['--version']).status === 0,
  );
}

/** Where a command lies. */
export function commandPath(command: string): string {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { encoding: 'utf8' }).stdout.trim();
}

export interface JupyterLab {
  /** Address of a file under the project's root, with the token. */
  address: (file: string) => string;
  /** What the server wrote so far. */
  written: () => string;
  /** Ends it, and its kernels. */
  close: () => Promise<void>;
}

/**
 * `npm start -- --no-browser`, with settings and workspaces of its own.
 * @param folder for settings, workspaces and configuration, so that those of the machine stay as they are
 */
export async function startJupyterLab(folder: string, environment: Record<string, string>): Promise<JupyterLab> {
  const settings = path.join(folder, 'settings');
  // Every cell in the page, those out of sight too.
  writeSetting(settings, 'notebook-extension/tracker', { windowingMode: 'none' });
  const port = await freePort();
  const given = ['--no-browser', '--port', `${port}`, '--ContentsManager.allow_hidden=True'];
  const child = spawn(process.execPath, [path.join('setup', 'main.mjs'), 'start', ...given], {
    cwd: root,
    env: {
      ...process.env,
      ...environment,
      JUPYTERLAB_SETTINGS_DIR: settings,
      JUPYTERLAB_WORKSPACES_DIR: path.join(folder, 'workspaces'),
      JUPYTER_CONFIG_DIR: path.join(folder, 'configuration'),
      JUPYTER_RUNTIME_DIR: path.join(folder, 'runtime'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  child.stdout.on('data', (part) => (written += part));
  const token = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (part) => {
      written += part;
      const found = /http:\/\/localhost:(\d+)\/lab\S*[?&]token=(\w+)/.exec(written);
      if (found && Number(found[1]) === port) resolve(found[2]);
    });
    child.on('close', (status) => reject(new Error(`JupyterLab ended with ${status}: ${written}`)));
  });
  return {
    address: (file) => `http://localhost:${port}/lab/tree/${file}?token=${token}`,
    written: () => written,
    close: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.on('close', () => resolve());
    child.kill('SIGTERM');
  });
}

function writeSetting(settings: string, plugin: string, values: object): void {
  const file = path.join(settings, '@jupyterlab', `${plugin}.jupyterlab-settings`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(values));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Waits until the notebook is shown and its kernel can take cells. */
export async function kernelReady(page: Page, milliseconds: number): Promise<void> {
  await page.waitForSelector('.jp-Notebook .jp-CodeCell', { timeout: milliseconds });
  await page.waitForSelector('.jp-StatusBar-Widget ::-p-text(TypeScript | Idle)', { timeout: milliseconds });
}

/** Run > Run All Cells. */
export async function runAllCells(page: Page): Promise<void> {
  const menu = await page.waitForSelector('.lm-MenuBar-item ::-p-text(Run)');
  await menu!.click();
  const item = await page.waitForSelector('.lm-Menu-item[data-command="runmenu:run-all"]');
  await item!.click();
}

export interface ShownCell {
  /** E.g. '[3]:', '[*]:' while it runs, '[ ]:' before. */
  prompt: string;
  source: string;
  /** Forms shown under it, e.g. 'text/html'. */
  forms: string[];
  text: string;
}

// What runs inside the page is text: it knows types that this project does not.

/** The code cells as the page shows them. */
export async function shownCells(page: Page): Promise<ShownCell[]> {
  return (await page.evaluate(`
    [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')].map((cell) => {
      const all = (selector) => [...cell.querySelectorAll(selector)];
      return {
        prompt: cell.querySelector('.jp-InputPrompt').textContent,
        source: all('.cm-line').map((line) => line.textContent).join('\\n'),
        forms: all('.jp-OutputArea-output').map((output) => output.dataset.mimeType ?? ''),
        text: all('.jp-OutputArea-output').map((output) => output.textContent).join('\\n'),
      };
    })`)) as ShownCell[];
}

/** Waits until a code cell, counted from 0, has been executed as the `count`th, or one has failed. */
export async function executedAs(page: Page, cell: number, count: number, milliseconds: number): Promise<void> {
  await page.waitForFunction(
    `document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')[${cell}].textContent === '[${count}]:'
      || document.querySelector('.jp-OutputArea-output[data-mime-type$="stderr"]') !== null`,
    { timeout: milliseconds, polling: 200 },
  );
}

/** Types a new source into a code cell, counted from 0, and executes it. */
export async function rewriteAndRun(page: Page, cell: number, source: string): Promise<void> {
  const editor = (await page.$$('.jp-Notebook .jp-CodeCell .cm-content'))[cell];
  await editor.scrollIntoView();
  await editor.click();
  const withControl = async (key: 'a' | 'Enter') => {
    await page.keyboard.down('Control');
    await page.keyboard.press(key);
    await page.keyboard.up('Control');
  };
  await withControl('a');
  await page.keyboard.sendCharacter(source);
  await withControl('Enter');
}

/** Of every chart that JupyterLab's own extension drew, the share of its pixels that are not white. */
export async function drawnCharts(page: Page): Promise<number[]> {
  return (await page.evaluate(`
    [...document.querySelectorAll('.jp-RenderedVegaCommon5 canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let at = 0; at < data.length; at += 4) if (Math.min(data[at], data[at + 1], data[at + 2]) < 250) drawn += 1;
      return drawn / (canvas.width * canvas.height);
    })`)) as number[];
}
