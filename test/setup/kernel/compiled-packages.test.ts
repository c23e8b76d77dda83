/** Packages as Node compiled them: the same modules, whether they come from their files or from what was kept. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { root } from '../../notebooks/reproduce-command';

let folder: string;
let kept: string;
const write = (file: string, content: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), content);
};
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-compiled-'));
  kept = path.join(folder, '.cache', 'compiled.bin');
  write(
    'program.cjs',
    `process.chdir(__dirname);
     require(${JSON.stringify(path.join(root, 'node_modules', 'tsx', 'dist', 'cjs', 'index.cjs'))});
     const { keepCompiledPackages } = require(${JSON.stringify(path.join(root, 'setup', 'kernel', 'compiled-packages.cjs'))});
     const packages = keepCompiledPackages(__dirname, ${JSON.stringify(kept)});
     Promise.all([require('one').told(), require('./own.ts').own]).then((said) => {
       packages.keep();
       console.log(JSON.stringify(said));
     });`,
  );
  write('own.ts', "import { sum } from 'two';\nexport const own: number = sum(1, 2);");
  write('node_modules/one/later.js', "module.exports = () => import('two');");
  write('node_modules/two/package.json', JSON.stringify({ name: 'two', type: 'module', main: 'index.js' }));
  write('node_modules/two/index.js', "export { sum } from './inner.js';\nexport default 'of a module';");
  write('node_modules/two/inner.js', 'export const sum = (...numbers) => numbers.reduce((so, one) => so + one);');
});
beforeEach(() => {
  rmSync(kept, { force: true });
  writeOne('first');
});
after(() => rmSync(folder, { recursive: true, force: true }));

function writeOne(word: string, seconds = 1000): void {
  write('node_modules/one/index.js', one(word));
  utimesSync(path.join(folder, 'node_modules', 'one', 'index.js'), seconds, seconds);
}

const one = (word: string) => `'use strict';
const path = require('node:path');
exports.told = async () => ({
  word: '${word} \u00e9\u6c49',
  file: path.basename(__filename),
  folder: path.basename(__dirname),
  self: this === undefined,
  resolved: path.basename(require.resolve('two')),
  cached: require.cache[__filename] === module,
  loaded: (await require('./later.js')()).default,
});
//# sourceMappingURL=index.js.map
`;
const program = () =>
  JSON.parse(execFileSync(process.execPath, [path.join(folder, 'program.cjs')], { encoding: 'utf8' })) as [
    Record<string, unknown>,
    number,
  ];
const expected = (word: string) => [
  {
    ...{ word: `${word} \u00e9\u6c49`, file: 'index.js', folder: 'one', self: false, resolved: 'index.js' },
    ...{ cached: true, loaded: 'of a module' },
  },
  3,
];

test('kept, a package does what it did; what was kept is used, not read again from its file, and not written again', () => {
  assert.deepEqual(program(), expected('first'));
  const before = statSync(kept).mtimeMs;
  // Of the same size and time, which no package is: here it says which of the two was used.
  writeOne('other');
  assert.deepEqual(program(), expected('first'));
  assert.equal(statSync(kept).mtimeMs, before);
});

test('a package that has changed is read again, and kept as it is now', () => {
  program();
  writeOne('changed', 2000);
  assert.deepEqual(program(), expected('changed'));
  assert.match(readFileSync(kept, 'latin1'), /changed/);
  assert.deepEqual(program(), expected('changed'));
});

test('what is kept by another Node, cut short or longer, is as if there were nothing', () => {
  program();
  const whole = readFileSync(kept);
  const others = [
    Buffer.from(whole.toString('latin1').replace(process.version, 'v00.00.0'), 'latin1'),
    whole.subarray(0, whole.length - 9),
    whole.subarray(0, 3),
    Buffer.alloc(0),
  ];
  for (const other of others) {
    writeFileSync(kept, other);
    assert.deepEqual(program(), expected('first'));
    assert.equal(readFileSync(kept).length, whole.length);
  }
  appendFileSync(kept, 'more');
  assert.deepEqual(program(), expected('first'));
});

test('where it cannot be kept, everything works', () => {
  rmSync(path.dirname(kept), { recursive: true, force: true });
  writeFileSync(path.dirname(kept), 'a file in the way of its folder');
  assert.deepEqual(program(), expected('first'));
  rmSync(path.dirname(kept));
});
