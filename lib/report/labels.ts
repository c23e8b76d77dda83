/** Labels of axes and legends, always whole: what is wider than its room is written in lines. */
import { figureStyle } from './style';
import { widestText, wrappedText } from './text-width';

export interface WholeLabels {
  /** For an axis or a legend: nothing is cut, and long labels stand in lines. */
  shown: { labelLimit: number; labelExpr?: string };
  /** Room that the widest line takes, in points. */
  width: number;
  /** Lines of the label that has most. */
  lines: number;
}

/** @param room for a label, in points */
export function wholeLabels(labels: readonly string[], room: number): WholeLabels {
  const { fontSize } = figureStyle();
  const wrapped = labels.map((label): [string, string[]] => [label, wrappedText(label, room, fontSize)]);
  const lines = Math.max(1, ...wrapped.map(([, { length }]) => length));
  // An expression of Vega's: the lines of each label, by the label.
  const expression = `(${JSON.stringify(Object.fromEntries(wrapped))})[datum.label] || datum.label`;
  return {
    shown: { labelLimit: 0, ...(lines > 1 ? { labelExpr: expression } : {}) },
    width: widestText(
      wrapped.flatMap(([, texts]) => texts),
      fontSize,
    ),
    lines,
  };
}

/** Height of a row whose label has so many lines, in points. @param least of a row of one line */
export function rowHeight({ lines }: Pick<WholeLabels, 'lines'>, least: number): number {
  // Vega's lines are two points apart.
  return Math.max(least, lines * (figureStyle().fontSize + 2) + 4);
}

/** Between a symbol and its label, and between entries, as Vega has them. */
const entryGap = 14;

/**
 * A legend no wider than `width` points: as many columns as fit, labels whole.
 * @param symbol width of a symbol, in points. Default 8
 */
export function wholeLegend(labels: readonly string[], width: number, { symbol = 8 }: { symbol?: number } = {}) {
  const { shown, width: widest } = wholeLabels(labels, width - symbol - entryGap);
  const fitting = Math.floor(width / (widest + symbol + entryGap));
  return { ...shown, columns: Math.max(1, Math.min(labels.length, fitting)) };
}
