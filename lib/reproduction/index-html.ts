/** The index page as HTML: one file without scripts, which needs nothing from the internet. */
import { marked } from 'marked';

export interface Provenance {
  /** The JSON file beside a figure or table. */
  link: string;
  runs: { name: string; day?: string; commit?: string; device?: string }[];
}

interface Exported {
  /** File name without extension. */
  name: string;
  files: { label: string; link: string }[];
  provenance?: Provenance;
}

export interface PageFigure extends Exported {
  kind: 'figure';
  image: string;
  /** In units of 1/72 inch. */
  width: number;
  height: number;
}

export interface PageTable extends Exported {
  kind: 'table';
  header: string[];
  rows: string[][];
}

export type PageItem = PageFigure | PageTable;

/** What a cell of a notebook becomes; a reading is what its author reads from the figures. */
export type PageBlock = PageItem | { kind: 'text' | 'reading'; markdown: string };

export interface PageNotebook {
  name: string;
  /** Link to the executed notebook, where it has been executed. */
  file?: string;
  /** Link to the notebook as far as it came, where it failed the last time. */
  unfinished?: string;
  /** Markdown, with the title as its heading. */
  introduction: string;
  sections: PageBlock[][];
}

export interface IndexPage {
  /** E.g. 'profile quick, CIFAR-10'. */
  settings: string;
  notebooks: PageNotebook[];
  /** Results that no notebook names. */
  others: PageItem[];
  /** Link to the page of the stored runs, where there is one. */
  runs?: string;
}

/** @returns a whole HTML document; its links are relative to where it lies */
export function indexHtml({ settings, notebooks, others, runs: runsPage }: IndexPage): string {
  const blocks = notebooks.flatMap(({ sections }) => sections.flat());
  const items = [...blocks.flatMap((block) => ('files' in block ? [block] : [])), ...others];
  const count = (kind: PageItem['kind']) => items.filter((item) => item.kind === kind).length;
  const runs = new Set(items.flatMap(({ provenance }) => provenance?.runs.map(({ name }) => name) ?? []));
  const summary = [
    settings,
    plural(notebooks.length, 'notebook'),
    plural(count('figure'), 'figure'),
    plural(count('table'), 'table'),
    plural(runs.size, 'run'),
  ].join(' · ');
  const contents = [
    ...notebooks.map((notebook) => ({ id: notebook.name, title: titleOf(notebook), isBroken: notebook.unfinished })),
    ...(others.length > 0 ? [{ id: 'others', title: 'Further results', isBroken: undefined }] : []),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>haba: results</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Dataset distillation via factorization</h1>
<p class="summary">${escaped(summary)}${runsPage ? ` · <a href="${runsPage}">all stored runs</a>` : ''}</p>
<nav aria-label="Contents"><ol>
${contents.map(({ id, title, isBroken }) => `<li><a href="#${escaped(id)}">${inline(title)}</a>${isBroken ? ' <b class="failed">failed</b>' : ''}</li>`).join('\n')}
</ol></nav>
</header>
<main>
${notebooks.map(notebookHtml).join('\n')}
${others.length > 0 ? `<section id="others"><h2>Further results</h2>\n${others.map(itemHtml).join('\n')}</section>` : ''}
</main>
<footer><p>Written by <code>npm run reproduce</code>, which executes the notebooks and writes this page anew. Runs that are stored are not run again.</p></footer>
</body>
</html>
`;
}

function notebookHtml(notebook: PageNotebook): string {
  const { name, file, unfinished, introduction, sections } = notebook;
  const links = [
    ...(file ? [`<a href="${file}">${escaped(name)}.ipynb</a>, as executed`] : []),
    ...(unfinished
      ? [`<b class="failed">failed the last time</b>: <a href="${unfinished}">as far as it came</a>`]
      : []),
  ];
  return `<section id="${escaped(name)}" class="notebook">
<h2>${inline(titleOf(notebook))}</h2>
<p class="files">${links.join(' · ')}</p>
${prose(introduction.replace(/^# .*\n?/, ''))}
${sections.flat().map(blockHtml).join('\n')}
</section>`;
}

function blockHtml(block: PageBlock): string {
  if ('files' in block) return itemHtml(block);
  return `<div class="${block.kind}">${prose(block.markdown)}</div>`;
}

function titleOf({ introduction, name }: PageNotebook): string {
  return /^# (.*)/.exec(introduction)?.[1] ?? name;
}

function itemHtml(item: PageItem): string {
  const { name, files, provenance } = item;
  const title = capitalised(name.replaceAll('-', ' '));
  const downloads = files.map(({ label, link }) => `<a href="${link}">${label}</a>`).join(' ');
  const caption = `<figcaption><span class="name">${escaped(title)}</span> <span class="files">${downloads}</span>${provenanceHtml(provenance)}</figcaption>`;
  return `<figure class="${item.kind}" id="${item.kind}-${escaped(name)}">${item.kind === 'figure' ? imageHtml(item, title) : tableHtml(item)}${caption}</figure>`;
}

/** Drawn pixels: an SVG would be set in whatever font the reader's machine has. */
function imageHtml({ image, width, height }: PageFigure, title: string): string {
  // Half as large again as in print, where a screen has the room.
  const [across, down] = [width, height].map((side) => Math.round(side * 2));
  return `<div class="paper"><img src="${image}" alt="${escaped(title)}" width="${across}" height="${down}" loading="lazy"></div>`;
}

export function tableHtml({ header, rows }: Pick<PageTable, 'header' | 'rows'>): string {
  const columns = header.map((_, column) => rows.map((row) => row[column]));
  const kinds = columns.map((texts) => (texts.every((text) => numeric.test(text)) ? 'number' : ''));
  const decimals = columns.map((texts) => Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length)));
  const written = (text: string, column: number) =>
    kinds[column] === 'number' && text !== '' ? Number(text).toFixed(decimals[column]) : text;
  const cell = (tag: string, text: string, column: number) =>
    `<${tag}${kinds[column] && ` class="${kinds[column]}"`}>${escaped(text)}</${tag}>`;
  const head = header.map((text, column) => cell('th', text, column)).join('');
  const body = rows.map(
    (row) => `<tr>${row.map((text, column) => cell('td', written(text, column), column)).join('')}</tr>`,
  );
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** A number, written plainly; an empty cell stands for one that is not known. */
const numeric = /^(-?\d+(\.\d+)?)?$/;

function provenanceHtml(provenance: Provenance | undefined): string {
  if (!provenance) return '';
  const { link, runs } = provenance;
  const commits = [...new Set(runs.map(({ commit }) => commit ?? 'not known'))];
  const [first, second, ...more] = commits;
  const listed = [first, second, more.length > 0 ? `${more.length} more` : undefined].filter(Boolean);
  const which = runs.length === 0 ? 'no run' : `${plural(runs.length, 'run')}, commit ${listed.join(', ')}`;
  const list = runs.map(({ name, day, commit, device }) => {
    const about = [day, commit && `commit ${commit}`, device].filter(Boolean).join(', ');
    return `<li><code>${escaped(name)}</code><br>${escaped(about)}</li>`;
  });
  return `<details><summary>Provenance: ${escaped(which)}</summary><ul>${list.join('')}</ul><p><a href="${link}">configurations and environments (JSON)</a></p></details>`;
}

/** Markdown of a notebook, its headings one level down, without what would load from elsewhere. */
function prose(markdown: string): string {
  const html = marked.parse(markdown, { async: false });
  return html
    .replace(/<(\/?)h([1-5])\b/g, (_, closing: string, level: string) => `<${closing}h${Number(level) + 1}`)
    .replace(/<img\b[^>]*>/g, '');
}

function inline(markdown: string): string {
  return marked.parseInline(markdown, { async: false });
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Of every page. */
export const style = `
:root { color-scheme: light dark; --text: #1c1c1e; --quiet: #63636b; --line: #dedee3; --page: #fff; --card: #f7f7f9; --link: #0b5cad; --failed: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e8ea; --quiet: #a0a0aa; --line: #3a3a40; --page: #151517; --card: #1f1f23; --link: #7db7f0; --failed: #ff8a80; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body { margin: 0 auto; max-width: 54rem; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 1.0625rem/1.6 Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, serif; }
h1, h2, h3, h4, nav, figcaption, table, .summary, .files, footer { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.45rem; line-height: 1.25; margin: 0 0 .3rem; letter-spacing: -.005em; }
h3 { font-size: 1.1rem; line-height: 1.35; margin: 2.2rem 0 .3rem; }
p, ul, ol { margin: .7rem 0; max-width: 42rem; }
a { color: var(--link); text-underline-offset: .15em; }
code { font: .86em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--card); border-radius: .4rem; }
.summary, .files { color: var(--quiet); font-size: .9rem; }
.summary { margin: 0 0 1.2rem; }
nav ol { list-style: none; padding: 0; margin: 0; border-top: 1px solid var(--line); max-width: none; }
nav li { border-bottom: 1px solid var(--line); }
nav a { display: inline-block; padding: .5rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin-top: 4rem; }
.notebook > .files { margin: 0 0 1rem; }
.failed { color: var(--failed); font-weight: 600; font-size: .9em; }
.reading { border-left: 3px solid var(--link); padding-left: 1rem; margin: 1.4rem 0; }
.reading > :first-child { margin-top: 0; }
.reading > :last-child { margin-bottom: 0; }
figure { margin: 1.6rem 0 2rem; }
.paper { background: #fff; border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; width: fit-content; max-width: 100%; }
.paper img { display: block; max-width: 100%; height: auto; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; width: fit-content; max-width: 100%; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .8rem; text-align: left; vertical-align: top; }
th { background: var(--card); border-bottom: 1px solid var(--line); vertical-align: bottom; font-weight: 600; }
td { white-space: nowrap; }
tbody tr + tr td { border-top: 1px solid var(--line); }
.number { text-align: right; }
figcaption { font-size: .875rem; margin-top: .6rem; }
figcaption .name { font-weight: 600; margin-right: .6rem; }
figcaption .files a { margin-right: .5rem; }
details { color: var(--quiet); margin-top: .25rem; }
summary { cursor: pointer; width: fit-content; }
details ul { padding-left: 1.2rem; }
details li { margin: .4rem 0; }
footer { margin-top: 4rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem; }
@media (max-width: 40rem) { body { padding-top: 1.5rem; } h1 { font-size: 1.55rem; } h2 { font-size: 1.25rem; } section { margin-top: 3rem; } .paper { padding: .4rem; } }
@media print { nav, details, figcaption .files { display: none; } figure { break-inside: avoid; } }
`;
