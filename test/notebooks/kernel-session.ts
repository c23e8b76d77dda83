/** A kernel without a notebook, of a project of a few modules: it starts in a moment, and its modules may be edited. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './reproduce-command';

export interface KernelProject {
  /** Writes a module, as an editor does. */
  write: (file: string, content: string) => void;
  folder: string;
  remove: () => void;
}

/** A folder with this project's kernel, and modules of its own. */
export function createKernelProject(modules: Record<string, string>): KernelProject {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-kernel-'));
  cpSync(path.join(root, 'setup'), path.join(folder, 'setup'), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const write = (file: string, content: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  };
  for (const [file, content] of Object.entries(modules)) write(file, content);
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface CellAnswer {
  status: 'ok' | 'error' | 'abort' | 'silent';
  text: string;
  error: string;
}

export interface OtherAnswer {
  /** What was shown in a cell by being asked. */
  late: string;
  type?: string;
  content?: Record<string, unknown>;
}

export interface Kernel {
  run: (cell: string) => Promise<CellAnswer>;
  ask: (ask: string, content?: object) => Promise<OtherAnswer>;
  interrupt: () => Promise<void>;
  close: () => Promise<void>;
}

/** The kernel of a project. */
export function startKernel(folder: string): Kernel {
  const program = path.join(__dirname, 'kernel-session.py');
  const child = spawn(path.join(root, '.venv', 'bin', 'python'), [program, process.execPath, folder], { cwd: folder });
  let stderr = '';
  child.stderr.on('data', (part) => (stderr += part));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const send = async (message: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const next: IteratorResult<string> = await answers.next();
    if (next.done) throw new Error(stderr);
    return JSON.parse(next.value) as unknown;
  };
  return {
    run: (cell) => send({ cell }) as Promise<CellAnswer>,
    ask: (ask, content = {}) => send({ ask, content }) as Promise<OtherAnswer>,
    interrupt: async () => {
      await send({ interrupt: true });
    },
    close: () =>
      new Promise((resolve) => {
        child.on('close', () => resolve());
        child.stdin.end();
      }),
  };
}
