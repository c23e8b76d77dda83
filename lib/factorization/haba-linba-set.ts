/** HaBa on LinBa: hallucinators on linear combinations of a dictionary, in the place of stored bases. */
import { hallucinated } from './hallucinated';
import { linbaSet } from './linba-set';

/** `coefficients` and `dictionary` of LinBa, and the stacked `hallucinators.*`, [hallucinators, ...] each. */
export const habaLinbaSet = hallucinated(linbaSet, { kind: 'haba-linba', label: 'HaBa on LinBa' });
