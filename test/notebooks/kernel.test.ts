/** The kernel: what cells may say, what they see of modules that are edited, and what else front ends ask it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createKernelProject, startKernel, type Kernel, type KernelProject } from './kernel-session';

let project: KernelProject;
let kernel: Kernel;
before(() => {
  project = createKernelProject({
    'lib/index.ts': `export { scale, type Scaled } from './scale';\nexport { kept } from './tensor/kept';`,
    'lib/scale.ts': `
      import { factor } from './factor';
      export interface Scaled { value: number }
      /** Says how much. */
      export function scale(given: number): Scaled { return { value: given * factor }; }`,
    'lib/factor.ts': 'export const factor = 2;',
    'lib/tensor/kept.ts': 'export const kept: string = "first";',
    'notebooks/helper.ts': `
      export const rate: number = 0.1;
      export function describe(name: string) { return 'helper one: ' + name; }`,
  });
  kernel = startKernel(project.folder);
});
after(async () => {
  await kernel.close();
  project.remove();
});

async function shown(cell: string): Promise<string> {
  const { status, text, error } = await kernel.run(cell);
  assert.equal(status, 'ok', error);
  assert.equal(error, '');
  return text.trim();
}

async function refused(cell: string): Promise<string> {
  const { status, error } = await kernel.run(cell);
  assert.equal(status, 'error');
  // For a moment after a cell that failed the kernel drops what is asked of it.
  await new Promise((resolve) => setTimeout(resolve, 400));
  return error;
}

test('cells may use what this Node runs: arrays of 2023, and later things where there are any', async () => {
  assert.equal(await shown('console.log([3, 1, 2].toSorted().join(), [1, 2].toReversed().join())'), '1,2,3 2,1');
  assert.equal(await shown('[1, 2, 3].with(1, 9).toSpliced(0, 1).join()'), '9,3');
  assert.equal(await shown('new Float32Array([2, 1]).toSorted().join() + [1, 2, 3].findLast((one) => one < 3)'), '1,22');
  assert.equal(await shown('"a\\ud800".isWellFormed()'), 'false');
  assert.match(await refused('const wrong: string[] = [3, 1].toSorted();'), /Type 'number\[\]' is not assignable/);
  if ('groupBy' in Object) assert.equal(await shown('Object.keys(Object.groupBy([1, 2], String)).join()'), '1,2');
  else assert.match(await refused('Object.groupBy([1, 2], String)'), /'groupBy' does not exist/);
});

test('cells are checked against modules, whether the types of exports are written or inferred', async () => {
  assert.equal(await shown(`import { scale } from './lib'; scale(2).value`), '4');
  assert.match(await refused(`scale('2')`), /'string' is not assignable to parameter of type 'number'/);
  assert.equal(await shown(`import { describe, rate } from './notebooks/helper'; describe('x') + rate`), 'helper one: x0.1');
  assert.match(await refused('describe(2)'), /'number' is not assignable to parameter of type 'string'/);
  assert.match(await refused(`import { missing } from './lib';`), /has no exported member 'missing'/);
});

test('a helper that is edited is used fresh by the next cell, code and types, also under names imported earlier', async () => {
  await shown(`import * as helper from './notebooks/helper'; const later = () => describe('y');`);
  project.write(
    'notebooks/helper.ts',
    `export const rate: string = 'a tenth';
     export function describe(name: string, times = 2) { return 'helper two: ' + name.repeat(times); }
     export const added = 7;`,
  );
  assert.equal(await shown(`describe('x', 3) + rate.toUpperCase()`), 'helper two: xxxA TENTH');
  assert.equal(await shown('later() + helper.rate'), 'helper two: yya tenth');
  assert.equal(await shown('helper.describe("z") + helper.added'), 'helper two: zz7');
  assert.equal(await shown('Object.keys(helper).sort().join()'), 'added,describe,rate');
  assert.match(await refused('rate.toFixed(1)'), /'toFixed' does not exist on type 'string'/);
});

test('a helper with a mistake fails the cell that needs it, and no other; mended, it is used', async () => {
  project.write('notebooks/helper.ts', `export const rate: string = 'x'; throw new Error('not yet');`);
  assert.equal(await shown('1 + 1'), '2');
  assert.match(await refused('rate'), /not yet/);
  project.write('notebooks/helper.ts', `export const rate: string = 'mended';`);
  assert.equal(await shown('rate'), 'mended');
});

test('a module that appears is found by the same cell that did not find it', async () => {
  const cell = `import { fresh } from './notebooks/fresh'; fresh`;
  assert.match(await refused(cell), /Cannot find module/);
  project.write('notebooks/fresh.ts', 'export const fresh: number = 5;');
  assert.equal(await shown(cell), '5');
});

test('a module in lib that is edited is used fresh through what imports it; values of cells stay', async () => {
  await shown('const before = scale(1);');
  project.write('lib/factor.ts', 'export const factor = 10;');
  assert.equal(await shown('before.value + scale(1).value'), '12');
});

test('what can be loaded once only is said to need a restart, once a change, and cells go on with what is loaded', async () => {
  assert.equal(await shown(`import { kept } from './lib'; kept`), 'first');
  project.write('lib/tensor/kept.ts', 'export const kept: number = 2;');
  const { status, text, error } = await kernel.run('kept.toUpperCase()');
  assert.deepEqual([status, text.trim()], ['ok', 'FIRST']);
  assert.match(error, /^lib\/tensor\/kept\.ts changed since it was loaded.*restart the kernel/);
  assert.equal(await shown('kept'), 'first');
  project.write('lib/factor.ts', 'export const factor = 20;');
  assert.equal(await shown('scale(1).value'), '20');
});

test('Shift-Tab shows types and comments, of earlier cells and of modules that were edited; names are completed', async () => {
  const tip = async (code: string, at: string) => {
    const { content } = await kernel.ask('inspect_request', { code, cursor_pos: code.indexOf(at) + 1, detail_level: 0 });
    return (content?.data as Record<string, string>)['text/plain'] ?? '';
  };
  assert.match(await tip('scale(1)', 'scale'), /scale\(given: number\): Scaled\s[\s\S]*Says how much\./);
  await shown('const several = [scale(1)];');
  assert.match(await tip('several.at(0)', 'several'), /const several: Scaled\[\]/);
  assert.deepEqual(await tip('(1)', '1'), '');
  project.write('notebooks/fresh.ts', 'export const fresh: string[] = ["edited"];');
  assert.equal(await shown('fresh.join()'), 'edited');
  assert.match(await tip('fresh', 'fresh'), /fresh: string\[\]/);
  const completed = async (code: string) => {
    const { content } = await kernel.ask('complete_request', { code, cursor_pos: code.length });
    return content as { matches: string[]; cursor_start: number; cursor_end: number };
  };
  assert.deepEqual(await completed('const a = several.toSor'), {
    ...{ status: 'ok', metadata: {}, cursor_start: 18, cursor_end: 23 },
    matches: ['toSorted'],
  });
  assert.ok((await completed('sc')).matches.includes('scale'));
});

test('after an interrupt, modules that are edited or new are translated as before; mistakes in them are told', async () => {
  // Told apart from all texts that were ever translated on this machine, whose translations are kept.
  const [first, second] = [Math.random(), Math.random()];
  project.write('notebooks/late.ts', `export const late: number = ${first};`);
  assert.equal(await shown(`import { late } from './notebooks/late'; String(late)`), String(first));
  await kernel.interrupt();
  // A moment for what the interrupt ends.
  await new Promise((resolve) => setTimeout(resolve, 500));
  project.write('notebooks/late.ts', `export const late: number = ${second};`);
  assert.equal(await shown('String(late)'), String(second));
  project.write('notebooks/late.ts', `export const late: number = ${first + second} +;`);
  assert.match(await refused('String(late)'), /late\.ts:1:\d+: ERROR: Unexpected ";"/);
  project.write('notebooks/late.ts', 'export const late: number = 1;');
  assert.equal(await shown('String(late)'), '1');
});

test('a console is told whether what it was given is whole; a comment of documentation is no mistake', async () => {
  assert.equal(await shown('/** Half of it. */\nconst half = (of: number): number => of / 2;\nhalf(3)'), '1.5');
  const whole = async (code: string) => (await kernel.ask('is_complete_request', { code })).content?.status;
  assert.deepEqual([await whole('scale('), await whole('scale(1)')], ['incomplete', 'complete']);
});

test('an error in a module says the line of its source', async () => {
  project.write('notebooks/wrong.ts', '\n\nexport function fail(): void {\n  const why: string = "here";\n  throw new Error(why);\n}\n');
  assert.match(await refused("import { fail } from './notebooks/wrong'; fail();"), /Error: here\n\s+at fail \(.*wrong\.ts:5:9\)/);
});

test('a console attached to the kernel leaves nothing in the last cell', async () => {
  await shown('"a cell"');
  const history = await kernel.ask('history_request', { hist_access_type: 'tail', n: 1000, raw: true, output: false });
  assert.deepEqual(history, { late: '', type: 'history_reply', content: { status: 'ok', history: [] } });
  const comms = await kernel.ask('comm_info_request', { target_name: 'jupyter.widget' });
  assert.deepEqual(comms, { late: '', type: 'comm_info_reply', content: { status: 'ok', comms: {} } });
  assert.deepEqual(await kernel.ask('comm_open', { comm_id: '1', target_name: 'x', data: {} }), { late: '' });
  const information = await kernel.ask('kernel_info_request');
  assert.deepEqual([information.late, information.type], ['', 'kernel_info_reply']);
});
