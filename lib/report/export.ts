/** Figures and tables as files for a paper, each beside a record of where its numbers came from. */
import path from 'node:path';
import { makeFolder, writing } from '../files/file-error';
import { resultsFolder } from '../files/results-folder';
import { placeOf, readIdentity, readRecipe, readSessions } from '../runs/run-files';
import { writeWhole } from '../files/whole-file';
import type { Figure } from './figure';
import { toPdf, toPng } from './render';
import { tableMacros, tableText } from './table-text';
import type { ReportTable } from './tables';

export interface ExportOptions {
  /** In its folders figures and tables. Default: HABA_RESULTS, else results. */
  results?: string;
}

const advice = { instead: 'HABA_RESULTS' };

/**
 * Writes every figure as SVG, PDF and PNG (300 dpi), and a JSON file that names the runs, commits and configurations. Files of
 * the same names are replaced: a notebook that runs again renews its own.
 * @returns the files written
 */
export async function exportFigures(
  figures: Figure[],
  { results = resultsFolder() }: ExportOptions = {},
): Promise<string[]> {
  const folder = path.join(results, 'figures');
  makeFolder(folder, advice);
  const written: string[] = [];
  for (const figure of figures) {
    const files: [extension: string, content: string | Buffer][] = [
      ['svg', figure.svg],
      ['pdf', await toPdf(figure)],
      ['png', await toPng(figure)],
      ['json', provenance(figure.runs)],
    ];
    for (const [extension, content] of files) written.push(write(folder, `${figure.name}.${extension}`, content));
  }
  return written;
}

/**
 * Writes every table as CSV, Markdown and LaTeX (booktabs), its numbers as macros for running text (`NAME-macros.tex`), and a JSON
 * file as {@link exportFigures}.
 */
export function exportTables(tables: ReportTable[], { results = resultsFolder() }: ExportOptions = {}): string[] {
  const folder = path.join(results, 'tables');
  makeFolder(folder, advice);
  return tables.flatMap((table) => [
    write(folder, `${table.name}.csv`, tableText(table, 'csv')),
    write(folder, `${table.name}.md`, tableText(table, 'markdown')),
    write(folder, `${table.name}.tex`, tableText(table, 'latex')),
    write(folder, `${table.name}-macros.tex`, tableMacros(table)),
    write(folder, `${table.name}.json`, provenance(table.runs)),
  ]);
}

function write(folder: string, name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writing(file, () => writeWhole(file, content), advice);
  return file;
}

/**
 * Where the numbers came from: each run's folder, configuration, and environments (versions, device, commit), and those of its
 * students, which may have been trained elsewhere.
 */
function provenance(folders: readonly string[]): string {
  const sets = folders.filter((folder) => path.basename(path.dirname(folder)) !== 'students');
  const runs = sets.map((run) => {
    const students = folders
      .filter((folder) => folder.startsWith(`${run}${path.sep}`))
      .map((folder) => ({
        students: path.relative(run, folder).split(path.sep).join('/'),
        recipe: readRecipe(placeOf(folder)),
        environments: readSessions(placeOf(folder)),
      }));
    return {
      run: path.basename(run),
      identity: readIdentity(run),
      environments: readSessions(placeOf(run)),
      ...(students.length > 0 ? { students } : {}),
    };
  });
  return `${JSON.stringify({ runs }, undefined, 2)}\n`;
}
