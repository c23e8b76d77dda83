/** Files that PyTorch itself wrote (test/files/made-by-python/make.py): the same numbers, and nothing executed. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readTorchFile } from '../../lib/files/torch-file';
import { zipOf } from '../data/zip-writer';

const made = (name: string) => path.join(__dirname, 'made-by-python', name);
const eighths = Array.from({ length: 24 }, (_, place) => place / 8 - 1);

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'haba-torch-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const read = async (file: string) =>
  Object.fromEntries(
    (await readTorchFile(file)).map(({ path: place, tensor }) => [
      place.join('.'),
      { shape: tensor.shape, values: Array.from(tensor.values as Float32Array, Number) },
    ]),
  );

test('a tensor alone, a number alone, and the same in the form of before 2020', async () => {
  const whole = { shape: [2, 3, 2, 2], values: eighths };
  assert.deepEqual(await read(made('images_best.pt')), { '': whole });
  assert.deepEqual(await read(made('old.pt')), { '': whole });
  assert.deepEqual(await read(made('old-dict.pt')), { x: whole, y: { shape: [2], values: [1, 0] } });
  assert.deepEqual(await read(made('lr_best.pt')), { '': { shape: [], values: [0.25] } });
});

test('tensors in dictionaries and lists, under the way to them; numbers of NumPy beside them are left out', async () => {
  const found = await read(made('res_DM.pt'));
  assert.deepEqual(Object.keys(found), ['data.0.0', 'data.0.1', 'data.1.0', 'data.1.1', 'accs_all_exps.ConvNet.0']);
  assert.deepEqual(
    found['data.1.0'].values,
    eighths.map((value) => value + 1),
  );
  assert.deepEqual(found['data.1.1'].values, [1, 0]);
  assert.deepEqual(Object.keys(await read(made('state_dict.pt'))), ['0.weight', '0.bias', '1.weight', '1.bias']);
});

test('every type of number; permuted, sliced and expanded views; parameters', async () => {
  const found = await read(made('types.pt'));
  for (const name of ['half', 'brain', 'double']) assert.deepEqual(found[name].values, eighths, name);
  assert.deepEqual(found.byte.values, [1, 0]);
  assert.deepEqual(found.short.values, [-1, 0]);
  assert.deepEqual(found.int.values, [-1, 0]);
  assert.deepEqual(found.bool.values, [1, 0]);
  // x[n, c, h, w] is eighth number 12 n + 4 c + 2 h + w.
  const permuted = [0, 1].flatMap((n) =>
    [0, 1].flatMap((h) => [0, 1].flatMap((w) => [0, 1, 2].map((c) => eighths[12 * n + 4 * c + 2 * h + w]))),
  );
  assert.deepEqual(found.permuted, { shape: [2, 2, 2, 3], values: permuted });
  assert.deepEqual(found.slice, { shape: [1, 2, 2], values: eighths.slice(16, 20) });
  assert.deepEqual(found.expanded, { shape: [2, 3], values: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] });
  assert.deepEqual(found.empty, { shape: [0, 3], values: [] });
  assert.deepEqual(found.scalar, { shape: [], values: [0.125] });
  assert.deepEqual(found.parameter, { shape: [2, 2], values: eighths.slice(0, 4) });
  assert.deepEqual(found.learned, found.parameter);
});

/** An archive as torch.save makes it, round a pickle and storages. */
const archive = (
  pickle: string,
  storages: Record<string, Buffer> = {},
  more: { name: string; content: Buffer }[] = [],
) =>
  zipOf([
    { name: 'a/data.pkl', content: Buffer.from(pickle, 'latin1') },
    ...Object.entries(storages).map(([key, content]) => ({ name: `a/data/${key}`, content })),
    ...more,
  ]);

/** Protocol 2: a tensor of the float storage '0' of `count` values; numbers below 256. */
const tensor = ({ count = 4, offset = 0, shape = [2, 2], steps = [2, 1] } = {}) => {
  const number = (value: number) => `K${String.fromCharCode(value)}`;
  const tuple = (values: number[]) => `(${values.map(number).join('')}t`;
  const storage = `(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu${number(count)}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${number(offset)}${tuple(shape)}${tuple(steps)}\x89ccollections\nOrderedDict\n)RtR`;
};
const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

test('a tensor written by hand is read, so that what follows is refused for what is told', async () => {
  const file = path.join(folder, 'whole.pt');
  writeFileSync(file, archive(`\x80\x02${tensor()}.`, { 0: floats }));
  assert.deepEqual(await read(file), { '': { shape: [2, 2], values: [1, 2, 3, 4] } });
});

const refused: [what: string, content: () => Buffer, message: RegExp][] = [
  [
    'a whole module',
    () => readFileSync(made('module.pt')),
    /asks for Python's torch\.nn\.modules\.linear\.Linear, and only plain data are read\. Nothing in it was run\..*save its tensors alone: torch\.save/,
  ],
  [
    'an object of Python beside tensors',
    () => readFileSync(made('counter.pt')),
    /asks for Python's collections\.Counter, and only plain data/,
  ],
  [
    'a call of the shell',
    () => archive('\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.'),
    /asks for Python's posix\.system, and only plain data/,
  ],
  [
    'a call of the shell by its name on the stack',
    () => archive('\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.'),
    /asks for Python's posix\.system, and only plain data/,
  ],
  [
    'code in the form of before 2020',
    () => Buffer.from("cos\nsystem\n(S'true'\ntR.", 'latin1'),
    /asks for Python's os\.system, and only plain data/,
  ],
  ['a function as an instance', () => archive('\x80\x02(cos\nsystem\nios\nsystem\n.'), /asks for Python's os\.system/],
  [
    'an operation that makes objects',
    () => archive('\x80\x02(X\x01\0\0\0aios\nsystem\n.'),
    /byte 9 is 105, which is no instruction for plain data/,
  ],
  [
    'most significant bytes first',
    () => archive(`\x80\x02${tensor()}.`, { 0: floats }, [{ name: 'a/byteorder', content: Buffer.from('big') }]),
    /byte order is 'big'/,
  ],
  ['a storage that is missing', () => archive(`\x80\x02${tensor()}.`), /its storage '0' is missing/],
  [
    'a storage that is cut',
    () => archive(`\x80\x02${tensor()}.`, { 0: floats.subarray(4) }),
    /storage '0' has 12 bytes, and should have 16/,
  ],
  [
    'a tensor beyond its storage',
    () => archive(`\x80\x02${tensor({ offset: 1 })}.`, { 0: floats }),
    /\[2, 2\] needs 20 bytes, 16 are there/,
  ],
  [
    'a tensor without a step',
    () => archive(`\x80\x02${tensor({ steps: [1] })}.`, { 0: floats }),
    /shape \[2, 2\] with steps \[1\] is none/,
  ],
  [
    'a tensor as large as its steps of zero allow',
    () => archive(`\x80\x02${tensor({ shape: [255, 255, 255, 255], steps: [0, 0, 0, 0] })}.`, { 0: floats }),
    /shape \[255, 255, 255, 255\] with steps \[0, 0, 0, 0\] is none/,
  ],
  ['a list that holds itself', () => archive('\x80\x02]q\0h\0a.'), /nest without end/],
  [
    'lists of lists that grow without end',
    () => {
      // Each holds the one before it twice.
      const doubled = Array.from({ length: 30 }, (_, n) => {
        const [before, own] = [n, n + 1].map((place) => String.fromCharCode(place));
        return `](h${before}h${before}eq${own}`;
      });
      return archive(`\x80\x02(]q\0${doubled.join('')}t.`);
    },
    /nest without end/,
  ],
  ['a value that is kept nowhere', () => archive('\x80\x02h\x05.'), /refers to value 5, which it never gave/],
  ['a text that breaks off', () => archive('\x80\x02X\xff\xff\xff\x7fabc.'), /at byte \d+ it needs \d+ more/],
  ['no end', () => archive('\x80\x02N'), /at byte \d+ it needs \d+ more/],
  ['no value', () => archive('\x80\x02.'), /takes a value that is not there/],
  ['an archive without a pickle', () => zipOf([{ name: 'a.npy', content: floats }]), /with 0 files 'NAME\/data\.pkl'/],
  ['text', () => Buffer.from('hello'), /its first bytes: it refers to value 101/],
  ['nothing', () => Buffer.alloc(0), /at byte \d+ it needs \d+ more/],
];

for (const [what, content, message] of refused) {
  test(`${what}: a sentence with the file's name, and nothing happens`, async () => {
    const file = path.join(folder, 'refused.pt');
    writeFileSync(file, content());
    await assert.rejects(readTorchFile(file), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${file} is no file of tensors that torch.save wrote: `), error.message);
      return true;
    });
  });
}

test('what a pickle would run is not run', async () => {
  const [file, mark] = [path.join(folder, 'runs.pt'), path.join(folder, 'it-ran')];
  const command = `touch ${mark}`;
  writeFileSync(
    file,
    archive(`\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c${String.fromCharCode(command.length)}${command}\x85R.`),
  );
  await assert.rejects(readTorchFile(file), /asks for Python's posix\.system/);
  assert.ok(!existsSync(mark));
});

test('damage that the archive itself tells is told', async () => {
  const file = path.join(folder, 'flipped.pt');
  const whole = readFileSync(made('images_best.pt'));
  const place = whole.indexOf(Buffer.from(Float32Array.of(...eighths.slice(4, 8)).buffer));
  assert.ok(place > 0);
  whole[place] ^= 1;
  writeFileSync(file, whole);
  await assert.rejects(readTorchFile(file), /does not fit its checksum: it was damaged/);
});
