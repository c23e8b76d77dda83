/** What cells' types are read from: declarations of modules, by text alone. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

interface Declarations {
  of: (name: string, text: string) => string;
  keep: () => void;
}
const { createDeclarations } = createRequire(__filename)('../../../setup/kernel/declarations.cjs') as {
  createDeclarations: (root: string, file: string) => Declarations;
};

let root: string;
let file: string;
before(() => {
  root = mkdtempSync(path.join(tmpdir(), 'haba-declarations-'));
  file = path.join(root, '.cache', 'declarations.json');
});
after(() => rmSync(root, { recursive: true, force: true }));

const module = `import { heavy } from 'heavy';
import type { Light } from './light';
/** Said in a tooltip. */
export function sum(values: readonly number[], of?: Light): number {
  return heavy(values);
}
const hidden = 3;
`;

test('bodies, what is not exported, and what only they import, are left out; docs stay', () => {
  const given = createDeclarations(root, file).of(path.join(root, 'lib', 'sum.ts'), module);
  assert.match(given, /Said in a tooltip/);
  assert.match(given, /export declare function sum\(values: readonly number\[\], of\?: Light\): number;/);
  assert.match(given, /from '.\/light'/);
  assert.doesNotMatch(given, /heavy|hidden/);
});

test('a module whose exports have types that must be inferred is read as it is; so are packages and declarations', () => {
  const declarations = createDeclarations(root, file);
  const inferred = `import { heavy } from 'heavy';\nexport const made = heavy([1]);\n`;
  assert.equal(declarations.of(path.join(root, 'lib', 'made.ts'), inferred), inferred);
  assert.equal(declarations.of(path.join(root, 'node_modules', 'a', 'index.ts'), module), module);
  assert.equal(declarations.of(path.join(root, '..', 'elsewhere.ts'), module), module);
  assert.equal(declarations.of(path.join(root, 'lib', 'types.d.ts'), module), module);
});

test("Node's own declarations lose their comments, and nothing that is said in text", () => {
  const name = path.join(root, 'node_modules', '@types', 'node', 'x.d.ts');
  const text = `/// <reference lib="es2020" />\n/** Long. */\ndeclare module 'x' {\n  /* b */ const a: '/* kept */';\n}\n`;
  const given = createDeclarations(root, file).of(name, text);
  assert.equal(
    given.replace(/\s+/g, ' '),
    `/// <reference lib="es2020" /> declare module 'x' { const a: '/* kept */'; } `,
  );
});

test('what is kept holds for a text alone: an edited module is read anew; a damaged file is as none', () => {
  const name = path.join(root, 'lib', 'kept.ts');
  const first = createDeclarations(root, file);
  first.of(name, 'export function a(): number { return 1; }');
  first.keep();
  assert.ok(existsSync(file));
  const kept = readFileSync(file, 'utf8');
  assert.match(kept, /export declare function a/);
  writeFileSync(file, kept.replace('declare function a', 'declare function fromFile'));
  const next = createDeclarations(root, file);
  assert.match(next.of(name, 'export function a(): number { return 1; }'), /fromFile/);
  assert.match(next.of(name, 'export function b(): number { return 1; }'), /declare function b/);
  writeFileSync(file, kept.slice(0, 40));
  assert.match(createDeclarations(root, file).of(name, 'export function a(): number { return 1; }'), /function a/);
});
