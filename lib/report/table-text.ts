/** Tables as text: CSV, Markdown, HTML, LaTeX (booktabs), and macros that put their numbers into running text. */
import type { ColumnTable } from 'arquero';
import type { ReportTable } from './tables';

export type TableFormat = 'csv' | 'markdown' | 'html' | 'latex';

/** A table as text; the numbers of a column have the same digits after the point. */
export function tableText({ table }: Pick<ReportTable, 'table'>, format: TableFormat): string {
  const texts = cellTexts(table);
  const columns = table.columnNames();
  const isNumeric = (name: string) => table.array(name).some((value) => typeof value === 'number');
  // arquero asks for a cell's text by its value alone, and so is given texts in the first place.
  const written = () => table.assign(texts);
  const align = Object.fromEntries(columns.map((name) => [name, isNumeric(name) ? ('r' as const) : ('l' as const)]));
  switch (format) {
    case 'csv':
      return written().toCSV();
    case 'markdown':
      return written().toMarkdown({ align });
    case 'html':
      return written().toHTML({ align });
    case 'latex':
      return [
        `\\begin{tabular}{${columns.map((name) => align[name]).join('')}}`,
        '  \\toprule',
        `  ${columns.map(latexText).join(' & ')} \\\\`,
        '  \\midrule',
        ...rowsOf(texts, columns).map((row) => `  ${row.map(latexText).join(' & ')} \\\\`),
        '  \\bottomrule',
        '\\end{tabular}',
        '',
      ].join('\n');
  }
}

/** Header and rows of a table, every cell as text. */
export function tableTexts({ table }: Pick<ReportTable, 'table'>): { header: string[]; rows: string[][] } {
  const header = table.columnNames();
  return { header, rows: rowsOf(cellTexts(table), header) };
}

/**
 * LaTeX that defines a macro for a table, so that running text takes its numbers from it: `\\habaQuickstartAccuracy{haba}{test-accuracy}`
 * of the table 'quickstart-accuracy' is the cell in the row HaBa and the column 'test accuracy (%)'. Rows are named by as many columns
 * from the left as tell them apart; what there is not is an error where it is used. A list of all names is in the file.
 * @throws RangeError where two columns have the same name, or rows cannot be told apart
 */
export function tableMacros({ name, table }: Pick<ReportTable, 'name' | 'table'>): string {
  const macro = macroName(name);
  const texts = cellTexts(table);
  const columns = table.columnNames();
  const columnKeys = distinctKeys(name, 'columns', columns.map(keyOf));
  const rows = rowsOf(texts, columns);
  const rowKeys = distinctKeys(name, 'rows', rowNames(rows));
  const entries = rows.flatMap((row, index) =>
    row.map((text, column) => ({ row: rowKeys[index], column: columnKeys[column], text })),
  );
  return [
    `% Numbers of the table ${name} for running text, written with it. \\input this file, then ${macro}{ROW}{COLUMN}.`,
    `% Rows: ${rowKeys.join(', ')}`,
    `% Columns: ${columnKeys.join(', ')}`,
    `\\providecommand{${macro}}{}`,
    `\\renewcommand{${macro}}[2]{\\ifcsname haba@${name}@#1@#2\\endcsname\\csname haba@${name}@#1@#2\\endcsname\\else` +
      `\\errmessage{The table ${name} has no cell in row '#1' and column '#2'}\\fi}`,
    ...entries.map(
      ({ row, column, text }) =>
        `\\expandafter\\def\\csname haba@${name}@${row}@${column}\\endcsname{${latexText(text)}}`,
    ),
    '',
  ].join('\n');
}

/** E.g. `\\habaQuickstartAccuracy`: TeX's names are of letters alone, so that digits are spelt. */
function macroName(name: string): string {
  const digits = ['Zero', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine'];
  const words = name.replace(/\d/g, (digit) => `-${digits[Number(digit)]}-`).split(/[^A-Za-z]+/);
  return `\\haba${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

/** A name that TeX takes as it is: small letters, digits and hyphens. */
function keyOf(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9.+]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Of each row: its first cells, as many as tell all rows apart. */
function rowNames(rows: readonly string[][]): string[] {
  const width = rows[0]?.length ?? 0;
  for (let count = 1; count < width; count++) {
    const names = rows.map((row) => keyOf(row.slice(0, count).join(' ')));
    if (new Set(names).size === names.length) return names;
  }
  return rows.map((row) => keyOf(row.join(' ')));
}

function distinctKeys(table: string, what: string, keys: string[]): string[] {
  const twice = keys.find((key, index) => keys.indexOf(key) < index);
  if (twice === undefined) return keys;
  throw new RangeError(
    `tableMacros: two ${what} of '${table}' would both be called '${twice}'; give them names that differ in letters or digits.`,
  );
}

/** Cells of every column as text, numbers with the same digits after the point. */
function cellTexts(table: ColumnTable): Record<string, string[]> {
  return Object.fromEntries(
    table.columnNames().map((name) => {
      const values = [...table.array(name)] as unknown[];
      const digits = digitsOf(name, values);
      return [name, values.map((value) => cellText(value, digits))];
    }),
  );
}

function cellText(value: unknown, digits: number): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'number' && Number.isFinite(value) && !isExponential(value)
    ? value.toFixed(digits)
    : String(value as string | number | boolean);
}

/** As many as the longest number of a column has; percentages at least one, which a column of round ones has not. */
function digitsOf(name: string, values: readonly unknown[]): number {
  const found = values.map((value) =>
    typeof value === 'number' && !isExponential(value) ? (String(value).split('.')[1]?.length ?? 0) : 0,
  );
  return Math.max(name.endsWith('(%)') ? 1 : 0, ...found);
}

const isExponential = (value: number) => String(value).includes('e');

function rowsOf(texts: Record<string, string[]>, columns: readonly string[]): string[][] {
  const count = texts[columns[0]]?.length ?? 0;
  return Array.from({ length: count }, (_, row) => columns.map((name) => texts[name][row]));
}

/** Signs that LaTeX would take for commands, and those that it sets as formulas. */
const latexSigns: Record<string, string> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '×': '$\\times$',
  '≤': '$\\le$',
  '≥': '$\\ge$',
  λ: '$\\lambda$',
};

function latexText(text: string): string {
  return (
    text
      .replace(/[&%$#_{}\\~^±×≤≥λ]/g, (sign) => latexSigns[sign] ?? `\\${sign}`)
      // A hyphen before a number is a minus.
      .replace(/(^|\s)[-−](?=\d)/g, '$1$$-$$')
  );
}
