/** tfjs-node 4.22 calls two functions of node:util that Node 23 removed; they must exist before it is loaded. */
import util from 'node:util';

const legacy = util as unknown as Record<string, unknown>;
legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
legacy.isArray ??= Array.isArray;
