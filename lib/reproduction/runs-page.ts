/** `runs.html` of a results folder: every stored run, over seeds and one by one, on one page that needs nothing from elsewhere. */
import path from 'node:path';
import type { ColumnTable } from 'arquero';
import { makeFolder, writing } from '../files/file-error';
import { resultsFolder } from '../files/results-folder';
import { writeWhole } from '../files/whole-file';
import { runsTable } from '../report/runs-table';
import { tableTexts } from '../report/table-text';
import { differences } from '../runs/identity';
import { configure, type Configuration, type ConfigurationInput } from '../distillation/configuration';
import { defaultRuns } from '../runs/run-files';
import { listRuns, type RunSummary } from '../runs/run-store';
import { staleRuns } from '../runs/stale-runs';
import { escaped, style, tableHtml } from './index-html';

export const runsPageName = 'runs.html';

export interface RunsPageOptions {
  /** Folder that the page is written into. Default: HABA_RESULTS, else results. */
  results?: string;
  /** Folder of the runs. Default: results/runs. */
  runs?: string;
}

/** Writes the page anew from what is stored. @returns its file */
export function writeRunsPage({ results = resultsFolder(), runs = defaultRuns() }: RunsPageOptions = {}): string {
  const advice = { instead: 'HABA_RESULTS, or --results FOLDER' };
  makeFolder(results, advice);
  const file = path.join(results, runsPageName);
  writing(file, () => writeWhole(file, runsHtml(runs)), advice);
  return file;
}

/** @returns a whole HTML document */
export function runsHtml(runs: string): string {
  const all = listRuns(runs);
  const stale = staleRuns(runs);
  const megabytes = all.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const summary = [
    `${all.length} runs`,
    `${megabytes.toFixed(1)} MB`,
    `${new Set(stale.stale.map(({ run }) => run)).size} stale`,
    `${stale.old.length} old`,
  ].join(' · ');
  const reasons = [
    ...stale.stale.map(({ run, students, why }) => ({ run: students ? `${run}, students ${students}` : run, why })),
    ...stale.unknown.map(({ run, why }) => ({ run, why: `cannot be told: ${why}` })),
    ...stale.old.map((run) => ({ run, why: 'of a version of haba whose runs are no longer read' })),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>haba: runs</title>
<style>${style}
body { max-width: 90rem; }
td:first-child { white-space: normal; overflow-wrap: anywhere; min-width: 17rem; }
</style>
</head>
<body>
<header>
<h1>Stored runs</h1>
<p class="summary">${escaped(summary)}</p>
</header>
<main>
<section id="seeds"><h2>Over seeds</h2>
<p>Runs that differ only in their seed are a row: accuracy is the mean over seeds, with its 95 % interval by Student's t.</p>
${htmlOf(runsTable({ runs, group: true }).table)}
</section>
<section id="runs"><h2>One by one</h2>
${htmlOf(runsTable({ runs }).table)}
${all.map(detailsHtml).join('\n')}
</section>
<section id="stale"><h2>Not as today's code calls them</h2>
${reasons.length === 0 ? '<p>None: whatever is asked for again is found.</p>' : `<p>Asked for again, these are made anew.</p>\n${tableHtml({ header: ['run', 'why'], rows: reasons.map(({ run, why }) => [run, why]) })}`}
</section>
</main>
<footer><p>Written by <code>npm run haba -- runs page</code>, anew each time.</p></footer>
</body>
</html>
`;
}

const htmlOf = (table: ColumnTable) => tableHtml(tableTexts({ table }));

/** What differs from the defaults of its profile, unfolded at a click. */
function detailsHtml({ name, identity }: RunSummary): string {
  if (!identity) return '';
  const rows = differing(identity.configuration).map(([key, value]) => [key, JSON.stringify(value)]);
  const others = rows.length === 0 ? '<p>As the profile has it.</p>' : tableHtml({ header: ['key', 'value'], rows });
  return `<details><summary><code>${escaped(name)}</code></summary>${others}</details>`;
}

/** Today's defaults may not take what is stored: then everything that it says. */
function differing(stored: Record<string, unknown>): [string, unknown][] {
  let configuration: Configuration;
  try {
    configuration = configure(stored as ConfigurationInput, { anyDataset: true });
  } catch {
    return Object.entries(stored);
  }
  return differences(configuration);
}
