/** Figures and tables as outputs of notebook cells. */
import type { Figure } from './figure';
import { toScreenPng } from './render';
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
 * Shows a figure or a table under the cell that runs: charts as Vega-Lite, SVG and PNG, image grids as SVG and PNG, since JupyterLab
 * withholds the SVG of a notebook that was executed elsewhere; tables as HTML, with text beside it. Outside a notebook it prints what there is as text.
 */
export function show(shown: Figure | ReportTable): void {
  const kernel = tslabKernel();
  if (kernel?.lastWriteDisplayData) {
    const output = 'svg' in shown ? figureOutput(shown) : { data: tableBundle(shown), metadata: {} };
    kernel.lastWriteDisplayData({ ...output, transient: {} }, false);
  } else {
    const text = 'svg' in shown ? figureText(shown) : tableText(shown, 'markdown');
    process.stdout.write(`${text}\n`);
  }
}

/** What a notebook stores of a figure: the forms that a viewer chooses from, and the size of those that do not say it. */
export function figureOutput(figure: Figure): { data: Bundle; metadata: Bundle } {
  const { svg, specification, width } = figure;
  return {
    data: {
      ...(specification && { 'application/vnd.vegalite.v5+json': specification }),
      'image/svg+xml': svg,
      'text/plain': figureText(figure),
      // JupyterLab adds one to a chart without, which makes a notebook a changed one as soon as it is opened.
      'image/png': toScreenPng(figure).toString('base64'),
    },
    metadata: { 'image/png': { width: Math.round(width) } },
  };
}

const figureText = ({ name }: Figure) => `figure ${name}`;

function tableBundle(table: ReportTable): Bundle {
  return { 'text/html': tableText(table, 'html'), 'text/plain': tableText(table, 'markdown') };
}

function tslabKernel(): Kernel | undefined {
  if (!process.argv[1]?.includes('start-kernel')) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('tslab/dist/jupyter') as Kernel;
}
