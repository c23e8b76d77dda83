/** HaBa on LinBa: hallucinators on linear combinations of a dictionary, in the place of stored bases. */
import { hallucinated } from './hallucinated';
import { linba } from './linba-set';
import { multiFormed } from './multi-formation';

/** `coefficients` and `dictionary` of LinBa, and the stacked `hallucinators.*`, [hallucinators, ...] each. */
export const habaLinbaSet = multiFormed(hallucinated(linba));
