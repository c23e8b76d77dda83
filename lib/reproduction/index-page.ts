/** `index.html` of a results folder: every notebook's text, figures and tables on one page, with where they came from. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fromCSV } from 'arquero';
import { z } from 'zod';
import { findNotebooks, notebookName, readNotebook, type NotebookCell } from './notebook-file';
import {
  indexHtml,
  type IndexPage,
  type PageBlock,
  type PageItem,
  type PageNotebook,
  type Provenance,
} from './index-html';
import { sizeOf } from '../report/figure';
import { runsPageName } from './runs-page';

export interface IndexPageOptions {
  /** Folder with `figures` and `tables`; the page is written into it. */
  results: string;
  /** Folder of the executed notebooks. */
  notebooks: string;
  /** Notebooks that failed, as far as they came. Default: `unfinished` of the results. */
  unfinished?: string;
  /** What was executed, e.g. 'profile quick, CIFAR-10'. */
  settings: string;
}

/**
 * Writes the page from what lies in the folder: a page of any results can be written at any time.
 * @returns its file
 */
export function writeIndexPage(options: IndexPageOptions): string {
  const file = path.join(options.results, 'index.html');
  writeFileSync(file, indexHtml(gather(options)));
  return file;
}

/** What the page shows: texts and results in the order of the notebooks, then results that no notebook names. */
export function gather({ results, notebooks, settings, ...options }: IndexPageOptions): IndexPage {
  const unfinished = options.unfinished ?? path.join(results, 'unfinished');
  const left = new Set([...figures(results), ...tables(results)]);
  const failed = findNotebooks(unfinished);
  const executed = findNotebooks(notebooks);
  const names = [...new Set([...executed, ...failed].map(notebookName))].sort();
  const pages = names.map((name): PageNotebook => {
    const file = executed.find((one) => notebookName(one) === name);
    const broken = failed.find((one) => notebookName(one) === name);
    const link = (one: string | undefined) => one && relativeLink(results, one);
    return { name, file: link(file), unfinished: link(broken), ...outline(readNotebook(file ?? broken!), left) };
  });
  const runs = existsSync(path.join(results, runsPageName)) ? { runs: runsPageName } : {};
  return { settings, notebooks: pages, others: [...left], ...runs };
}

/** Splits a notebook at its headings, and takes what it shows out of what is left; sections that show nothing go. */
function outline(cells: NotebookCell[], left: Set<PageItem>): Pick<PageNotebook, 'introduction' | 'sections'> {
  const places = new Map<NotebookCell, PageItem[]>();
  for (const item of left) {
    const cell = cells.find((one) => shows(one, item)) ?? cells.find((one) => mentions(one, item));
    if (!cell) continue;
    places.set(cell, [...(places.get(cell) ?? []), item]);
    left.delete(item);
  }
  const [introduction, ...sections] = splitAtHeadings(cells);
  return {
    introduction: introduction
      .flatMap(({ cell_type: type, source }) => (type === 'markdown' ? [source] : []))
      .join('\n\n'),
    sections: sections
      .map((section) =>
        section.flatMap((cell): PageBlock[] => {
          if (cell.cell_type !== 'markdown') return places.get(cell) ?? [];
          return [{ kind: /^\*\*Reading/.test(cell.source) ? 'reading' : 'text', markdown: cell.source }];
        }),
      )
      .filter((blocks) => blocks.some(({ kind }) => kind !== 'text')),
  };
}

function splitAtHeadings(cells: NotebookCell[]): NotebookCell[][] {
  const sections: NotebookCell[][] = [[]];
  for (const cell of cells) {
    const isHeading = cell.cell_type === 'markdown' && /^## /.test(cell.source);
    if (isHeading) sections.push([]);
    sections[sections.length - 1].push(cell);
  }
  return sections;
}

/** Whether a figure is the output of a cell. */
function shows({ outputs }: NotebookCell, { kind, name }: PageItem): boolean {
  return kind === 'figure' && outputs.some(({ data }) => [data?.['text/plain']].flat().join('') === `figure ${name}`);
}

/** Whether code names a figure or table, or says which files it wrote of it. */
function mentions({ cell_type: type, source, outputs }: NotebookCell, { kind, name }: PageItem): boolean {
  if (type !== 'code') return false;
  const written = outputs.map(({ text = '' }) => text).join('\n');
  return (
    ["'", '"', '`'].some((quote) => source.includes(quote + name + quote)) || written.includes(`${kind}s/${name}.`)
  );
}

function figures(results: string): PageItem[] {
  return namesIn(path.join(results, 'figures'), '.png').map((name) => {
    const at = (ending: string) => path.join(results, 'figures', `${name}.${ending}`);
    const { width, height } = sizeOf(readFileSync(at('svg'), 'utf8'));
    return {
      kind: 'figure',
      name,
      image: relativeLink(results, at('png')),
      width,
      height,
      files: linksTo(results, at, ['svg', 'pdf', 'png']),
      ...provenance(results, at('json')),
    };
  });
}

function tables(results: string): PageItem[] {
  return namesIn(path.join(results, 'tables'), '.csv').map((name) => {
    const at = (ending: string) => path.join(results, 'tables', `${name}.${ending}`);
    // As text: what is shown is what the file says, digit by digit.
    const table = fromCSV(readFileSync(at('csv'), 'utf8'), { autoType: false });
    const header = table.columnNames();
    const rows = (table.objects() as Record<string, string | null>[])
      .map((row) => header.map((key) => row[key] ?? ''))
      // The end of the last line is read as a row.
      .filter((row) => row.some((text) => text !== ''));
    const files = linksTo(results, at, ['csv', 'md', 'tex']);
    return { kind: 'table', name, header, rows, files, ...provenance(results, at('json')) };
  });
}

function namesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ending))
    .map((file) => path.basename(file, ending))
    .sort();
}

function linksTo(results: string, at: (ending: string) => string, endings: string[]): PageItem['files'] {
  return endings
    .filter((ending) => existsSync(at(ending)))
    .map((ending) => ({ label: fileKinds[ending] ?? ending, link: relativeLink(results, at(ending)) }));
}

const fileKinds: Record<string, string> = {
  svg: 'SVG',
  pdf: 'PDF',
  png: 'PNG',
  csv: 'CSV',
  md: 'Markdown',
  tex: 'LaTeX',
};

const environmentsSchema = z
  .array(
    z.object({
      began: z.string().optional(),
      commit: z.string().nullish(),
      modified: z.boolean().nullish(),
      device: z.string().optional(),
    }),
  )
  .default([]);

const sidecarSchema = z.object({
  runs: z.array(
    z.object({
      run: z.string(),
      environments: environmentsSchema,
      students: z.array(z.object({ environments: environmentsSchema })).default([]),
    }),
  ),
});

/** Of a sidecar, the runs with when, where and at which commit they were last worked on, and where else their students were trained. */
function provenance(results: string, file: string): { provenance?: Provenance } {
  if (!existsSync(file)) return {};
  const { runs } = sidecarSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    provenance: {
      link: relativeLink(results, file),
      runs: runs.map(({ run, environments, students }) => {
        const { began, commit, modified, device } = environments.at(-1) ?? {};
        const trained = students.flatMap((one) => one.environments.flatMap((session) => session.device ?? []));
        const elsewhere = [...new Set(trained)].filter((one) => one !== device);
        return {
          name: run,
          day: began?.slice(0, 10),
          commit: commit ? `${commit.slice(0, 7)}${modified ? ' (modified)' : ''}` : undefined,
          device: [device, ...elsewhere.map((one) => `students on ${one}`)].filter(Boolean).join('; ') || undefined,
        };
      }),
    },
  };
}

/** As a page in `folder` links to it. */
function relativeLink(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).map(encodeURIComponent).join('/');
}
