/** A figure: what is drawn, as SVG, and, where it is a chart, the specification that a notebook shows interactively. */
import { parse, View, Warn } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { fontInUse, type FontFile } from './style';
import { measureInVega } from './text-width';

/** A drawing with what is needed to show and export it. */
export interface Figure {
  /** File name without extension, e.g. 'quickstart-loss'. */
  name: string;
  svg: string;
  /** In units of 1/72 inch. */
  width: number;
  height: number;
  /** Of its texts. */
  font: FontFile;
  /** Vega-Lite; absent for image grids. */
  specification?: TopLevelSpec;
  /** Folders of the runs it shows, and of their students. */
  runs: string[];
}

/** Draws a Vega-Lite chart. */
export async function chartFigure(name: string, specification: TopLevelSpec, runs: string[]): Promise<Figure> {
  measureInVega();
  const view = new View(parse(compile(specification).spec), { renderer: 'none', logLevel: Warn });
  try {
    // Vega writes a solid line as dashes without gaps, which PDF does not know.
    const svg = (await view.toSVG()).replaceAll(' stroke-dasharray="1,0"', '');
    return { name, svg, ...sizeOf(svg), font: fontInUse(), specification, runs };
  } finally {
    view.finalize();
  }
}

/** Width and height that an SVG declares. */
export function sizeOf(svg: string): { width: number; height: number } {
  const side = (key: string) => Number(new RegExp(`<svg[^>]*\\b${key}="([\\d.]+)"`).exec(svg)?.[1]);
  return { width: side('width'), height: side('height') };
}
