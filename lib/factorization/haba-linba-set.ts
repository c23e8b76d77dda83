/** HaBa on LinBa: hallucinators on linear combinations of a dictionary, in the place of stored bases. */
import { hallucinated } from './hallucinated';
import { linba } from './linba-set';
import { multiFormed } from './multi-formation';

// A statement of its own, as in `haba-set.ts`.
const haba = hallucinated(linba);

/** `coefficients` and `dictionary` of LinBa, and the stacked `hallucinators.*`, [hallucinators, ...] each. */
export const habaLinbaSet = multiFormed(haba);
