/** Figures and tables as outputs of notebook cells. */
import type { Figure } from './figure';
import { tableText } from './table-text';
import type { ReportTable } from './tables';

type Bundle = Record<string, unknown>;

/** tslab's own way to send an output of several forms at once; absent outside its kernel. */
interface Kernel {
  lastWriteDisplayData?:
    | ((data: { data: Bundle; metadata: Bundle; transient: Bundle }, update: boolean) => void)
    | null;
}

/**
 * Shows a figure or a table under the cell that runs: charts as Vega-Lite, with the drawn SVG beside it for viewers
 * without JavaScript; tables as HTML, with text beside it. Outside a notebook it prints what there is as text.
 */
export function show(shown: Figure | ReportTable): void {
  const bundle = 'svg' in shown ? figureBundle(shown) : tableBundle(shown);
  const kernel = tslabKernel();
  if (kernel?.lastWriteDisplayData) {
    kernel.lastWriteDisplayData({ data: bundle, metadata: {}, transient: {} }, false);
  } else {
    process.stdout.write(`${String(bundle['text/plain'])}\n`);
  }
}

function figureBundle({ name, svg, specification }: Figure): Bundle {
  return {
    ...(specification ? { 'application/vnd.vegalite.v5+json': specification } : {}),
    'image/svg+xml': svg,
    'text/plain': `figure ${name}`,
  };
}

function tableBundle(table: ReportTable): Bundle {
  return { 'text/html': tableText(table, 'html'), 'text/plain': tableText(table, 'markdown') };
}

function tslabKernel(): Kernel | undefined {
  if (!process.argv[1]?.includes('start-kernel')) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('tslab/dist/jupyter') as Kernel;
}
