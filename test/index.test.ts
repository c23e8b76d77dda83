/** What a notebook imports is documented, as the TypeScript checker finds it: an editor and the kernel show that and nothing else. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';

const root = path.resolve(__dirname, '..');

/** Whether the comment before a declaration is that of its file, which begins with it. */
function hasFilesComment(declaration: ts.Declaration): boolean {
  const source = declaration.getSourceFile();
  const [first] = source.statements;
  if (declaration.pos < first.pos || declaration.end > first.end || ts.isSourceFile(declaration)) return false;
  const comments = ts.getLeadingCommentRanges(source.text, first.pos) ?? [];
  return comments.filter(({ pos }) => source.text.startsWith('/**', pos)).length < 2;
}

/** Names of what a module exports without a sentence that says what it is: at its declaration, or where it is exported. */
function undocumented(checker: ts.TypeChecker, source: ts.SourceFile) {
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!);
  const isTold = (symbol: ts.Symbol) =>
    symbol.getDocumentationComment(checker).some(({ text }) => text.trim() !== '') &&
    !symbol.declarations?.some(hasFilesComment);
  const declared = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return {
    all: exported.map(({ name }) => name),
    missing: exported.filter((symbol) => !isTold(symbol) && !isTold(declared(symbol))).map(({ name }) => name),
  };
}

test('every export of lib/index.ts says in a sentence what it is', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'haba-index-'));
  try {
    const example = path.join(folder, 'example.ts');
    writeFileSync(
      example,
      [
        '/** Of the file. */',
        'export const bare = 1;',
        '/** Told. */ export const told = 2;',
        '/** @throws RangeError always */ export function tagged() {}',
        'interface Inner { /** Told. */ one: 1 }',
        'export type { Inner };',
        'export { /** Told here. */ told as again };',
      ].join('\n\n'),
    );
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
      config: object;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const index = path.join(root, 'lib', 'index.ts');
    const program = ts.createProgram([index, example], options);
    const found = (file: string) => undocumented(program.getTypeChecker(), program.getSourceFile(file)!);
    assert.deepEqual(found(example).missing.sort(), ['Inner', 'bare', 'tagged']);
    const { all, missing } = found(index);
    for (const name of ['run', 'layers', 'tf', 'Configuration']) assert.ok(all.includes(name), name);
    assert.deepEqual(missing, []);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
