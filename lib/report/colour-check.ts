/** Whether a figure can be read by everybody, and on paper without colours. */
import {
  differenceEuclidean,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  lab,
  parse,
} from 'culori';
import type { Figure } from './figure';

/** Units of CIE L*a*b* that two colours must lie apart, and units of lightness in grey. */
const leastDistance = 10;
const leastLightness = 7;

type Colour = ReturnType<typeof lab>;

/** Eyes without one kind of cone, after Machado, Oliveira and Fernandes 2009, as culori has them. */
const eyes: [name: string, sees: (colour: string) => Colour][] = [
  ['for everybody', (colour) => lab(colour)],
  ['without red cones (protanopia)', (colour) => lab(filterDeficiencyProt(1)(parse(colour)!))],
  ['without green cones (deuteranopia)', (colour) => lab(filterDeficiencyDeuter(1)(parse(colour)!))],
  ['without blue cones (tritanopia)', (colour) => lab(filterDeficiencyTrit(1)(parse(colour)!))],
];

/** How one series of a chart is drawn. */
export interface SeriesLook {
  label: string;
  /** E.g. '#D55E00'. */
  colour: string;
  /** Shape of its points, or dashes of its line, where it has its own. */
  mark?: string;
}

/**
 * Pairs of series that some readers cannot tell apart by colour, and those that are one in grey and have no shape or dash of their
 * own, a sentence each; none where all is well.
 */
export function checkColours(series: readonly SeriesLook[]): string[] {
  const distance = differenceEuclidean('lab');
  return series.flatMap((second, place) =>
    series.slice(0, place).flatMap((first) => {
      const pair = `${first.label} (${first.colour}) and ${second.label} (${second.colour})`;
      // Shapes and dashes tell them apart whatever the eye.
      if (first.mark !== undefined && second.mark !== undefined && first.mark !== second.mark) return [];
      const alike = eyes.flatMap(([name, sees]) => {
        const found = distance(sees(first.colour)!, sees(second.colour)!);
        return found < leastDistance
          ? [`${pair} look alike ${name}: ${found.toFixed(1)} units of CIE L*a*b* apart`]
          : [];
      });
      const lightness = Math.abs(lab(first.colour)!.l - lab(second.colour)!.l);
      return lightness < leastLightness
        ? [...alike, `${pair} look alike in grey: ${lightness.toFixed(1)} units of lightness apart, and of one shape`]
        : alike;
    }),
  );
}

/** The same of all series of a figure; an image grid has none. */
export function checkFigure({ specification }: Pick<Figure, 'specification'>): string[] {
  return checkColours(seriesOf(specification));
}

interface Scale {
  domain: unknown[];
  range: unknown[];
}

/** Series by the scales of colour, shape and dash that a specification states. */
function seriesOf(specification: unknown): SeriesLook[] {
  const colours = new Map<string, string>();
  const marks = new Map<string, string>();
  for (const { channel, scale } of scalesIn(specification)) {
    for (const [place, label] of scale.domain.entries()) {
      const value = String(scale.range[place % scale.range.length]);
      if (channel === 'color') colours.set(String(label), value);
      else marks.set(String(label), `${marks.get(String(label)) ?? ''} ${value}`);
    }
  }
  return [...colours].map(([label, colour]) => ({ label, colour, mark: marks.get(label) }));
}

function scalesIn(given: unknown): { channel: string; scale: Scale }[] {
  if (typeof given !== 'object' || given === null) return [];
  const found = new Map<string, { channel: string; scale: Scale }>();
  for (const [key, value] of Object.entries(given)) {
    const scale = ['color', 'shape', 'strokeDash'].includes(key) ? (value as { scale?: Scale }).scale : undefined;
    const own = scale && Array.isArray(scale.domain) && Array.isArray(scale.range) ? [{ channel: key, scale }] : [];
    // Layers repeat a scale.
    for (const one of [...own, ...scalesIn(value)]) found.set(JSON.stringify(one), one);
  }
  return [...found.values()];
}
