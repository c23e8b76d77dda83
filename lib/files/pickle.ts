/**
 * Python's pickles, read without executing anything: a pickle is a program for a machine with a stack, and this machine knows only
 * how to make plain values, and what its caller gives it by name. Everything else is refused.
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
import { oneLine } from './one-line';

/** What a name of Python's stands for here: called with what the pickle gives. */
export type PickleGlobal = (...given: unknown[]) => unknown;

export interface PickleOptions {
  /** Names that may occur, as 'module name', e.g. 'numpy dtype'. Default: none. */
  globals?: Readonly<Record<string, PickleGlobal>>;
  /** What an identifier stands for that is kept outside the pickle, e.g. a tensor's storage. Default: refused. */
  persistent?: (identifier: unknown) => unknown;
}

/** What a pickle may build on: it is given the state that a Python object would be. */
export interface Stateful {
  setState(state: unknown): void;
}

/** A name that a pickle asks for, and that its caller does not give: code, as far as anybody can tell. */
export class PickleAsksForCode extends Error {}

const mark = Symbol('mark');

/** Reads one value after the other from bytes. */
class Cursor {
  at = 0;
  constructor(readonly bytes: Buffer) {}

  take(count: number): Buffer {
    if (!(count >= 0 && count <= this.bytes.length - this.at)) {
      throw new Error(`at byte ${this.at} it needs ${count} more, and has ${this.bytes.length - this.at}`);
    }
    return this.bytes.subarray(this.at, (this.at += count));
  }

  byte = () => this.take(1)[0];
  short = () => this.take(2).readUInt16LE();
  signed = () => this.take(4).readInt32LE();
  unsigned = () => this.take(4).readUInt32LE();
  long = () => Number(this.take(8).readBigUInt64LE());

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new Error(`at byte ${this.at} a line begins that never ends`);
    const text = this.bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }
}

/** Values on the stack, and those that are referred to again. */
class Machine {
  readonly stack: unknown[] = [];
  readonly memo = new Map<number, unknown>();

  constructor(
    readonly cursor: Cursor,
    readonly options: PickleOptions,
  ) {}

  push = (value: unknown): void => void this.stack.push(value);

  pop(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === mark) throw new Error('it takes a value that is not there');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0 || this.stack.at(-1) === mark) throw new Error('it takes a value that is not there');
    return this.stack.at(-1);
  }

  sinceMark(): unknown[] {
    const place = this.stack.lastIndexOf(mark);
    if (place < 0) throw new Error('it takes values since a mark that is not there');
    const values = this.stack.splice(place);
    return values.slice(1);
  }

  tuple(count: number): void {
    const values = Array.from({ length: count }, () => this.pop());
    this.push(values.reverse());
  }

  remember(place: number): void {
    this.memo.set(place, this.top());
  }

  recall(place: number): void {
    if (!this.memo.has(place)) throw new Error(`it refers to value ${place}, which it never gave`);
    this.push(this.memo.get(place));
  }

  named(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw new Error('it asks for what has no name');
    const key = `${module} ${name}`;
    const { globals = {} } = this.options;
    if (!Object.hasOwn(globals, key)) {
      throw new PickleAsksForCode(
        `it asks for Python's ${oneLine(module, 60)}.${oneLine(name, 60)}, and only plain data are read`,
      );
    }
    this.push(globals[key]);
  }

  call(): void {
    const given = this.pop();
    const callee = this.pop();
    if (typeof callee !== 'function' || !Array.isArray(given)) throw new Error('it calls what is no function');
    this.push((callee as PickleGlobal)(...(given as unknown[])));
  }

  build(): void {
    const state = this.pop();
    const built = this.top() as Partial<Stateful> | null;
    if (typeof built !== 'object' || typeof built?.setState !== 'function') {
      throw new Error('it gives a state to what has none');
    }
    built.setState(state);
  }

  append(values: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new Error('it appends to what is no list');
    for (const value of values) list.push(value);
  }

  set(values: unknown[]): void {
    const record = this.top();
    if (!(record instanceof Map)) throw new Error('it sets a key of what is no dict');
    if (values.length % 2 !== 0) throw new Error('it sets a key without a value');
    for (let index = 0; index < values.length; index += 2) record.set(keyOf(values[index]), values[index + 1]);
  }

  keep(identifier: unknown): void {
    if (!this.options.persistent) throw new Error('it refers to something outside of it');
    this.push(this.options.persistent(identifier));
  }
}

/** Python 2's strings are bytes, and its dicts have them for keys. */
const keyOf = (key: unknown) => (Buffer.isBuffer(key) ? key.toString('latin1') : key);

const textual = (bytes: Buffer) => bytes.toString('utf8');

/** Two's complement, least byte first; what no number holds exactly stays a bigint. */
function wholeNumber(bytes: Buffer): number | bigint {
  if (bytes.length > 16) throw new Error(`it has a number of ${bytes.length} bytes`);
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return exact(BigInt.asIntN(8 * bytes.length, value));
}

function exact(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

function decimal(text: string): unknown {
  if (text === '00' || text === '01') return text === '01';
  if (!/^[+-]?\d{1,40}L?$/.test(text)) throw new Error(`'${oneLine(text, 40)}' is no whole number`);
  return exact(BigInt(text.replace(/L$/, '')));
}

function floating(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value) && text !== 'nan') throw new Error(`'${oneLine(text, 40)}' is no number`);
  return value;
}

/** Characters that a line writes by their numbers. */
function unescaped(line: string, numbers: RegExp): string {
  return line.replace(numbers, (_, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? '', 16);
    if (point > 0x10ffff) throw new Error('it has a character that is none');
    return String.fromCodePoint(point);
  });
}

const namedEscapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', "'": "'", '"': '"' };

/** A string of Python 2 as its source would write it. */
function quoted(line: string): Buffer {
  if (!/^(['"]).*\1$/.test(line)) throw new Error(`${oneLine(line, 40)} is no string in quotes`);
  const text = line
    .slice(1, -1)
    .replace(/\\(?:x([\da-f]{2})|([nrt\\'"]))/g, (_, hexadecimal?: string, named?: string) =>
      hexadecimal ? String.fromCharCode(Number.parseInt(hexadecimal, 16)) : namedEscapes[named ?? ''],
    );
  return Buffer.from(text, 'latin1');
}

/** What every instruction does, by its sign. */
const instructions: Record<string, (machine: Machine, cursor: Cursor) => void> = {
  '(': ({ push }) => push(mark),
  '0': (machine) => void machine.pop(),
  '1': (machine) => void machine.sinceMark(),
  '2': (machine) => machine.push(machine.top()),
  N: ({ push }) => push(null),
  '\x88': ({ push }) => push(true),
  '\x89': ({ push }) => push(false),
  I: ({ push }, cursor) => push(decimal(cursor.line())),
  L: ({ push }, cursor) => push(decimal(cursor.line())),
  J: ({ push }, cursor) => push(cursor.signed()),
  K: ({ push }, cursor) => push(cursor.byte()),
  M: ({ push }, cursor) => push(cursor.short()),
  '\x8a': ({ push }, cursor) => push(wholeNumber(cursor.take(cursor.byte()))),
  '\x8b': ({ push }, cursor) => push(wholeNumber(cursor.take(cursor.signed()))),
  F: ({ push }, cursor) => push(floating(cursor.line())),
  G: ({ push }, cursor) => push(cursor.take(8).readDoubleBE()),
  T: ({ push }, cursor) => push(cursor.take(cursor.signed())),
  U: ({ push }, cursor) => push(cursor.take(cursor.byte())),
  B: ({ push }, cursor) => push(cursor.take(cursor.unsigned())),
  C: ({ push }, cursor) => push(cursor.take(cursor.byte())),
  '\x8e': ({ push }, cursor) => push(cursor.take(cursor.long())),
  '\x96': ({ push }, cursor) => push(cursor.take(cursor.long())),
  V: ({ push }, cursor) => push(unescaped(cursor.line(), /\\u([\da-f]{4})|\\U([\da-f]{8})/g)),
  S: ({ push }, cursor) => push(quoted(cursor.line())),
  X: ({ push }, cursor) => push(textual(cursor.take(cursor.unsigned()))),
  '\x8c': ({ push }, cursor) => push(textual(cursor.take(cursor.byte()))),
  '\x8d': ({ push }, cursor) => push(textual(cursor.take(cursor.long()))),
  ']': ({ push }) => push([]),
  l: (machine) => machine.push(machine.sinceMark()),
  a: (machine) => {
    const value = machine.pop();
    machine.append([value]);
  },
  e: (machine) => machine.append(machine.sinceMark()),
  ')': ({ push }) => push([]),
  t: (machine) => machine.push(machine.sinceMark()),
  '\x85': (machine) => machine.tuple(1),
  '\x86': (machine) => machine.tuple(2),
  '\x87': (machine) => machine.tuple(3),
  '}': ({ push }) => push(new Map()),
  d: (machine) => {
    const values = machine.sinceMark();
    machine.push(new Map());
    machine.set(values);
  },
  s: (machine) => {
    const value = machine.pop();
    machine.set([machine.pop(), value]);
  },
  u: (machine) => machine.set(machine.sinceMark()),
  p: (machine, cursor) => machine.remember(floating(cursor.line())),
  q: (machine, cursor) => machine.remember(cursor.byte()),
  r: (machine, cursor) => machine.remember(cursor.unsigned()),
  '\x94': (machine) => machine.remember(machine.memo.size),
  g: (machine, cursor) => machine.recall(floating(cursor.line())),
  h: (machine, cursor) => machine.recall(cursor.byte()),
  j: (machine, cursor) => machine.recall(cursor.unsigned()),
  c: (machine, cursor) => machine.named(cursor.line(), cursor.line()),
  '\x93': (machine) => {
    const name = machine.pop();
    machine.named(machine.pop(), name);
  },
  R: (machine) => machine.call(),
  '\x81': (machine) => machine.call(),
  b: (machine) => machine.build(),
  Q: (machine) => machine.keep(machine.pop()),
  '\x80': (_, cursor) => {
    const protocol = cursor.byte();
    if (protocol > 5) throw new Error(`its protocol is ${protocol}, and 0 to 5 are known`);
  },
  '\x95': (_, cursor) => void cursor.take(8),
};

/**
 * The value of a pickle: dicts are Maps (keys of bytes are read as text), lists and tuples arrays, bytes and strings of Python 2
 * Buffers that share the memory of `bytes`, None null.
 * @throws Error that says why it is none, or what it asks for beyond plain values
 */
export function readPickle(bytes: Buffer, options: PickleOptions = {}): unknown {
  return readPickleAt(bytes, 0, options).value;
}

/** A pickle among other bytes, as {@link readPickle}. @returns its value, and the place after it */
export function readPickleAt(bytes: Buffer, at: number, options: PickleOptions = {}): { value: unknown; end: number } {
  const cursor = new Cursor(bytes);
  cursor.at = at;
  const machine = new Machine(cursor, options);
  for (;;) {
    const at = cursor.at;
    const sign = String.fromCharCode(cursor.byte());
    if (sign === '.') {
      const value = machine.pop();
      if (machine.stack.length > 0) throw new Error(`it ends at byte ${at} with values that belong to nothing`);
      return { value, end: cursor.at };
    }
    if (!Object.hasOwn(instructions, sign)) {
      throw new Error(`byte ${at} is ${bytes[at]}, which is no instruction for plain data`);
    }
    instructions[sign](machine, cursor);
  }
}
