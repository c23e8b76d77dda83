/** Where results go. */
import path from 'node:path';

/** A place among the results: in the folder that HABA_RESULTS names, else in results/. */
export function resultsFolder(...parts: string[]): string {
  return path.join(process.env.HABA_RESULTS || 'results', ...parts);
}
