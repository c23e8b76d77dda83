/** What somebody may have meant. */
import { distance as editDistance } from 'fastest-levenshtein';

/** The name at most two edits away (a third of a long one), if there is one. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  const ranked = names.map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }));
  const best = ranked.sort((first, second) => first.distance - second.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : undefined;
}
