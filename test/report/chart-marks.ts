/** Marks of a chart as JupyterLab's Vega draws them, with what a reader who points at them is told. */
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

export interface Mark {
  /** Vega's, e.g. 'symbol' of a point and 'rect' of a tick. */
  type: string;
  fill?: string;
  tooltip?: Record<string, unknown>;
}

interface Item {
  tooltip?: Record<string, unknown>;
  fill?: string;
  items?: Item[];
  marktype?: string;
  role?: string;
}

/** All marks of data: those of axes, legends and titles are left out. */
export async function chartMarks(specification: TopLevelSpec): Promise<Mark[]> {
  const view = new vega.View(vega.parse(compile(specification).spec), { renderer: 'none' });
  await view.runAsync();
  const found: Mark[] = [];
  const visit = (item: Item, parent?: Item) => {
    if (parent?.role === 'mark') found.push({ type: parent.marktype!, fill: item.fill, tooltip: item.tooltip });
    for (const one of item.items ?? []) visit(one, item);
  };
  visit((view.scenegraph() as unknown as { root: Item }).root);
  view.finalize();
  return found;
}
