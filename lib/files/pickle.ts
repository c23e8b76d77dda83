/**
 * Python's pickles, as far as files of tensors need them: a strict reader that executes nothing. What a pickle calls is looked up
 * in a table of a few names that are given; any other name is refused, and so is every operation that tensors, lists, tuples and
 * dictionaries do not need. Written here since no npm library for it is kept (pickleparser and jpickle, looked at in November
 * 2026, were published within days of their first version and never again).
 * @see CPython, Lib/pickletools.py
 */

/** Lists and tuples are arrays, dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleFunction
  | PickleObject;

/** What stands for a name of Python. */
export class PickleFunction {
  constructor(
    readonly name: string,
    /** @throws Error where the arguments make no sense */
    readonly call: (given: PickleValue[]) => PickleValue,
  ) {}
}

/** What a function made: the caller's own, opaque here. */
export class PickleObject {
  constructor(
    /** What it is, for sentences. */
    readonly name: string,
    readonly content?: unknown,
  ) {}
}

export interface PickleOptions {
  /** What a name stands for; undefined refuses it. */
  functionOf: (name: string) => PickleFunction | undefined;
  /** What a persistent identifier, e.g. of a storage, stands for. @throws Error for one that makes no sense */
  persistent?: (identifier: PickleValue) => PickleValue;
}

/** A name that is not in the table. */
export class RefusedGlobal extends Error {
  constructor(readonly global: string) {
    super(`it names ${global}, which is code, not numbers`);
  }
}

const mark = Symbol('mark');

/** Values on the stack, and in the memo, at most; a list of tensors needs a few for each. */
const mostValues = 10_000_000;

/**
 * Reads one pickle.
 * @returns its value, and where it ends
 * @throws RefusedGlobal for a name that is not in the table; Error saying what else is wrong
 */
export function readPickle(bytes: Buffer, { functionOf, persistent }: PickleOptions, start = 0) {
  const stack: (PickleValue | typeof mark)[] = [];
  const memo = new Map<number, PickleValue>();
  let at = start;

  const take = (count: number) => {
    if (!(count <= bytes.length - at)) throw new Error(`it breaks off: ${count} bytes are wanted at byte ${at}`);
    at += count;
    return at - count;
  };
  const text = (count: number) => bytes.toString('utf8', take(count), at);
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Error(`it breaks off in a name at byte ${at}`);
    const found = bytes.toString('utf8', at, end);
    at = end + 1;
    return found;
  };
  const push = (value: PickleValue | typeof mark) => {
    if (stack.push(value) > mostValues) throw new Error('it holds too many values');
  };
  const pop = () => {
    const value = stack.pop();
    if (value === undefined || value === mark) throw new Error(`it takes a value where there is none, at byte ${at}`);
    return value;
  };
  const popMark = () => {
    const place = stack.lastIndexOf(mark);
    if (place < 0) throw new Error(`it takes values where none begin, at byte ${at}`);
    const values = stack.splice(place) as PickleValue[];
    return values.slice(1);
  };
  const top = <Kind extends PickleValue>(is: (value: PickleValue) => value is Kind, what: string): Kind => {
    const value = stack.at(-1);
    if (value === undefined || value === mark || !is(value))
      throw new Error(`it adds to what is no ${what}, at byte ${at}`);
    return value;
  };
  const isList = (value: PickleValue): value is PickleValue[] => Array.isArray(value);
  const isMap = (value: PickleValue): value is Map<PickleValue, PickleValue> => value instanceof Map;
  const tuple = (count: number) => push(Array.from({ length: count }, pop).reverse());
  const keep = (key: number) => {
    const value = stack.at(-1);
    if (value === undefined || value === mark) throw new Error(`it keeps a value where there is none, at byte ${at}`);
    if (memo.size >= mostValues) throw new Error('it keeps too many values');
    memo.set(key, value);
  };
  const fetch = (key: number) => {
    const value = memo.get(key);
    if (value === undefined) throw new Error(`it asks for the value ${key}, which it never kept`);
    push(value);
  };
  const setItems = (items: PickleValue[]) => {
    const map = top(isMap, 'dictionary');
    if (items.length % 2 === 1) throw new Error(`a key has no value, at byte ${at}`);
    for (let index = 0; index < items.length; index += 2) map.set(items[index], items[index + 1]);
  };
  const global = (module: PickleValue, name: PickleValue) => {
    if (typeof module !== 'string' || typeof name !== 'string') throw new Error(`a name is no text, at byte ${at}`);
    const found = functionOf(`${module}.${name}`);
    if (found === undefined) throw new RefusedGlobal(`${module}.${name}`);
    push(found);
  };
  const long = (count: number) => {
    const from = take(count);
    let value = 0n;
    for (let place = count - 1; place >= 0; place--) value = value * 256n + BigInt(bytes[from + place]);
    const signed = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  };
  /** Lengths of eight bytes. */
  const length = () => Number(bytes.readBigUInt64LE(take(8)));

  const operations: Record<string, () => void> = {
    '\x80': () => {
      const protocol = bytes[take(1)];
      if (protocol > 5) throw new Error(`its protocol is ${protocol}; 2 to 5 are read`);
    },
    '\x95': () => void take(8),
    '(': () => push(mark),
    '0': () => void stack.pop(),
    '1': () => void popMark(),
    N: () => push(null),
    '\x88': () => push(true),
    '\x89': () => push(false),
    J: () => push(bytes.readInt32LE(take(4))),
    K: () => push(bytes[take(1)]),
    M: () => push(bytes.readUInt16LE(take(2))),
    '\x8a': () => push(long(bytes[take(1)])),
    G: () => push(bytes.readDoubleBE(take(8))),
    X: () => push(text(bytes.readUInt32LE(take(4)))),
    '\x8c': () => push(text(bytes[take(1)])),
    '\x8d': () => push(text(length())),
    T: () => push(text(bytes.readUInt32LE(take(4)))),
    U: () => push(text(bytes[take(1)])),
    B: () => push(bytesOf(bytes.readUInt32LE(take(4)))),
    C: () => push(bytesOf(bytes[take(1)])),
    '\x8e': () => push(bytesOf(length())),
    ']': () => push([]),
    a: () => {
      const value = pop();
      top(isList, 'list').push(value);
    },
    e: () => {
      const values = popMark();
      const list = top(isList, 'list');
      for (const value of values) list.push(value);
    },
    '}': () => push(new Map()),
    s: () => {
      const value = pop();
      setItems([pop(), value]);
    },
    u: () => setItems(popMark()),
    ')': () => push([]),
    t: () => push(popMark()),
    '\x85': () => tuple(1),
    '\x86': () => tuple(2),
    '\x87': () => tuple(3),
    q: () => keep(bytes[take(1)]),
    r: () => keep(bytes.readUInt32LE(take(4))),
    '\x94': () => keep(memo.size),
    h: () => fetch(bytes[take(1)]),
    j: () => fetch(bytes.readUInt32LE(take(4))),
    c: () => global(line(), line()),
    '\x93': () => {
      const name = pop();
      global(pop(), name);
    },
    R: () => {
      const given = pop();
      const called = pop();
      if (!(called instanceof PickleFunction) || !isList(given))
        throw new Error(`it calls what cannot be called, at byte ${at}`);
      push(called.call(given));
    },
    // The state of an object or of an OrderedDict, e.g. versions of modules; tensors have none.
    b: () => {
      pop();
      const value = stack.at(-1);
      if (!(value instanceof Map || value instanceof PickleObject))
        throw new Error(`it changes what has no state, at byte ${at}`);
    },
    Q: () => {
      if (persistent === undefined) throw new Error('it refers to something outside of itself');
      push(persistent(pop()));
    },
  };
  function bytesOf(count: number): Uint8Array {
    return Uint8Array.from(bytes.subarray(take(count), at));
  }

  for (;;) {
    const code = String.fromCharCode(bytes[take(1)]);
    if (code === '.') break;
    const operation = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (operation === undefined)
      throw new Error(`operation ${JSON.stringify(code)} at byte ${at - 1} is none that tensors need`);
    operation();
  }
  return { value: pop(), end: at };
}
