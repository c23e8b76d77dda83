/** tfjs-node 4.22 calls two functions of node:util that Node 22 warns of and Node 23 removed: ours must be in place before it loads. */
import util from 'node:util';

const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
legacy.isArray = Array.isArray;
