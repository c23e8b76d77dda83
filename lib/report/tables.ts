/** Tables of runs, as arquero tables and as text for papers. */
import path from 'node:path';
import { table, type ColumnTable } from 'arquero';
import type { RunResult } from '../runs/train-students';

export interface ReportTable {
  /** File name without extension. */
  name: string;
  table: ColumnTable;
  /** Folders of the runs in it. */
  runs: string[];
}

/** What a row shows, e.g. { label: 'HaBa', result }. */
export interface LabelledRun {
  label: string;
  result: RunResult;
  /** Of training experts, beside the run's own. */
  expertSeconds?: number;
}

/** Accuracy beside storage and time, a run a row. @param options `folders`: name each run's folder too, default false */
export function accuracyTable(name: string, rows: LabelledRun[], { folders = false } = {}): ReportTable {
  const column = <T>(of: (row: LabelledRun) => T) => rows.map(of);
  return {
    name,
    runs: rows.map(({ result }) => result.run),
    table: table({
      'training set': column(({ label }) => label),
      'test accuracy (%)': column(({ result }) => rounded(100 * result.accuracy.mean, 1)),
      'deviation (%)': column(({ result }) => rounded(100 * result.accuracy.std, 1)),
      students: column(({ result }) => result.accuracy.runs.length),
      'stored floats': column(({ result }) => result.storedFloats),
      'images per class': column(({ result }) => rounded(result.imagesPerClass, 2)),
      seconds: column(({ result }) => Math.round(result.seconds)),
      ...(rows.some(({ expertSeconds }) => expertSeconds !== undefined)
        ? { 'seconds of experts': column(({ expertSeconds = 0 }) => Math.round(expertSeconds)) }
        : {}),
      ...(folders ? { run: column(({ result }) => path.basename(result.run)) } : {}),
    }),
  };
}

/** To a number of digits after the point. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** A table as CSV, Markdown or LaTeX (booktabs). */
export function tableText({ table: given }: ReportTable, format: 'csv' | 'markdown' | 'latex'): string {
  if (format === 'csv') return given.toCSV();
  if (format === 'markdown') return given.toMarkdown();
  const names = given.columnNames();
  const numeric = names.map((name) => typeof given.get(name, 0) === 'number');
  const rows = (given.objects() as Record<string, unknown>[]).map((row) =>
    names.map((name) => latexCell(row[name])).join(' & '),
  );
  return [
    `\\begin{tabular}{${numeric.map((right) => (right ? 'r' : 'l')).join('')}}`,
    '  \\toprule',
    `  ${names.map(latexCell).join(' & ')} \\\\`,
    '  \\midrule',
    ...rows.map((row) => `  ${row} \\\\`),
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

/** Signs that a backslash before them would make a command or an accent. */
const latexNames: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

function latexCell(value: unknown): string {
  return String(value).replace(/[&%$#_{}\\~^]/g, (sign) => latexNames[sign] ?? `\\${sign}`);
}
