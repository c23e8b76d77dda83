/**
 * What a cell needs to know of the project's modules: the types of what they export, and nothing of how they work. TypeScript
 * reads those instead of the modules, and so parses a third of the text and none of the packages that only function bodies need.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const path = require('node:path');

/** Modules of the project, which are no declarations yet. */
const inModules = {
  applies: (root, name) => /(?<!\.d)\.tsx?$/.test(name) && isWithin(root, name),
  shorten: declarationsOf,
};
/** Those of packages whose comments no cell of this project asks for, without which they are a third as long. */
const inPackages = {
  applies: (root, name) =>
    /\/node_modules\/(@types\/node|@webgpu\/types|undici-types|vega-typings|@tensorflow\/tfjs-(layers|data|converter|backend-\w+))\/.*\.d\.ts$/.test(
      name,
    ),
  shorten: withoutComments,
};
/** Before what a package's file declares. */
const licence = /^\s*\/\*\*(?:(?!\*\/)[\s\S])*@license[\s\S]*?\*\//;

const options = { strict: true, isolatedDeclarations: true };

/**
 * Declarations of modules by their text alone, kept in a file between kernels: each holds for a text, whatever changes elsewhere.
 * @param {string} root the project's folder; modules of packages are left as they are
 * @param {string} file where to keep them; one that cannot be written costs time only
 */
exports.createDeclarations = function (root, file) {
  const version = require('typescript/package.json').version;
  const known = kept(file, version);
  let changed = false;
  return {
    /** @returns {string} the declarations, or the text itself where types of exports have to be inferred from it */
    of(name, text) {
      const shorten = [inModules, inPackages].find(({ applies }) => applies(root, name))?.shorten;
      if (!shorten) return text.replace(licence, '');
      const place = path.relative(root, name);
      const hash = createHash('sha256').update(text).digest('base64');
      if (known[place]?.hash !== hash) {
        known[place] = { hash, declarations: shorten(name, text) };
        changed = true;
      }
      return known[place].declarations ?? text;
    },

    /** Keeps what was not known before for the next kernel. */
    keep() {
      if (!changed) return;
      changed = false;
      try {
        mkdirSync(path.dirname(file), { recursive: true });
        const partial = `${file}.${process.pid}.partial`;
        writeFileSync(partial, JSON.stringify({ version, known }));
        renameSync(partial, file);
      } catch {
        // A disk that is full or not ours to write to: the next kernel makes them again.
      }
    },
  };
};

function kept(file, version) {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8'));
    return read.version === version ? read.known : {};
  } catch {
    return {};
  }
}

function declarationsOf(fileName, text) {
  // Loaded for texts that are new only: it takes longer than all the rest.
  const { transpileDeclaration } = require('typescript');
  const { diagnostics, outputText } = transpileDeclaration(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: options,
  });
  return diagnostics.length === 0 ? outputText : undefined;
}

function withoutComments(name, text) {
  const { createScanner, ScriptTarget, SyntaxKind } = require('@tslab/typescript-for-tslab');
  const scanner = createScanner(ScriptTarget.Latest, false, undefined, text);
  let kept = '';
  let from = 0;
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind !== SyntaxKind.MultiLineCommentTrivia) continue;
    kept += text.slice(from, scanner.getTokenPos());
    from = scanner.getTextPos();
  }
  return kept + text.slice(from);
}

function isWithin(root, name) {
  const relative = path.relative(root, name);
  return !relative.startsWith('..') && !path.isAbsolute(relative) && !/(^|[\\/])node_modules[\\/]/.test(relative);
}
exports.isWithin = isWithin;
