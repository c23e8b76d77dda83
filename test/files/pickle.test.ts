/** Pickles that Python wrote are read as what they hold; whatever would run something is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { numpyGlobals, readNpy } from '../../lib/files/numpy';
import { readPickle } from '../../lib/files/pickle';

/**
 * By Python 3.12 and NumPy 2.4, in protocols 0 to 5: {'data': arange(6, uint8).reshape(2, 3), 'labels': [3, -1], 'name': 'pièce',
 * 'f': array([0.5, -2.0]), 'n': None, 't': (True, False, 1.25, 2**40, -70000, 300)}.
 */
// prettier-ignore
const written = [
  'KGRwMApWZGF0YQpwMQpjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcDIKKGNudW1weQpuZGFycmF5CnAzCihJMAp0cDQKY19jb2RlY3MKZW5jb2RlCnA1CihWYgpwNgpWbGF0aW4xCnA3CnRwOApScDkKdHAxMApScDExCihJMQooSTIKSTMKdHAxMgpjbnVtcHkKZHR5cGUKcDEzCihWdTEKcDE0CkkwMApJMDEKdHAxNQpScDE2CihJMwpWfApwMTcKTk5OSS0xCkktMQpJMAp0cDE4CmJJMDAKZzUKKFZcdTAwMDABAgMEBQpwMTkKZzcKdHAyMApScDIxCnRwMjIKYnNWbGFiZWxzCnAyMwoobHAyNApJMwphSS0xCmFzVm5hbWUKcDI1ClZwaehjZQpwMjYKc1ZmCnAyNwpnMgooZzMKKEkwCnRwMjgKZzkKdHAyOQpScDMwCihJMQooSTIKdHAzMQpnMTMKKFZmOApwMzIKSTAwCkkwMQp0cDMzClJwMzQKKEkzClY8CnAzNQpOTk5JLTEKSS0xCkkwCnRwMzYKYkkwMApnNQooVlx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMFx1MDAwMOA/XHUwMDAwXHUwMDAwXHUwMDAwXHUwMDAwXHUwMDAwXHUwMDAwXHUwMDAwwApwMzcKZzcKdHAzOApScDM5CnRwNDAKYnNWbgpwNDEKTnNWdApwNDIKKEkwMQpJMDAKRjEuMjUKTDEwOTk1MTE2Mjc3NzZMCkktNzAwMDAKSTMwMAp0cDQzCnMu',
  'fXEAKFgEAAAAZGF0YXEBY251bXB5Ll9jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnECKGNudW1weQpuZGFycmF5CnEDKEsAdHEEY19jb2RlY3MKZW5jb2RlCnEFKFgBAAAAYnEGWAYAAABsYXRpbjFxB3RxCFJxCXRxClJxCyhLAShLAksDdHEMY251bXB5CmR0eXBlCnENKFgCAAAAdTFxDkkwMApJMDEKdHEPUnEQKEsDWAEAAAB8cRFOTk5K/////0r/////SwB0cRJiSTAwCmgFKFgGAAAAAAECAwQFcRNoB3RxFFJxFXRxFmJYBgAAAGxhYmVsc3EXXXEYKEsDSv////9lWAQAAABuYW1lcRlYBgAAAHBpw6hjZXEaWAEAAABmcRtoAihoAyhLAHRxHGgJdHEdUnEeKEsBKEsCdHEfaA0oWAIAAABmOHEgSTAwCkkwMQp0cSFScSIoSwNYAQAAADxxI05OTkr/////Sv////9LAHRxJGJJMDAKaAUoWBIAAAAAAAAAAADDoD8AAAAAAAAAw4BxJWgHdHEmUnEndHEoYlgBAAAAbnEpTlgBAAAAdHEqKEkwMQpJMDAKRz/0AAAAAAAATDEwOTk1MTE2Mjc3NzZMCkqQ7v7/TSwBdHErdS4=',
  'gAJ9cQAoWAQAAABkYXRhcQFjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQJjbnVtcHkKbmRhcnJheQpxA0sAhXEEY19jb2RlY3MKZW5jb2RlCnEFWAEAAABicQZYBgAAAGxhdGluMXEHhnEIUnEJh3EKUnELKEsBSwJLA4ZxDGNudW1weQpkdHlwZQpxDVgCAAAAdTFxDomIh3EPUnEQKEsDWAEAAAB8cRFOTk5K/////0r/////SwB0cRJiiWgFWAYAAAAAAQIDBAVxE2gHhnEUUnEVdHEWYlgGAAAAbGFiZWxzcRddcRgoSwNK/////2VYBAAAAG5hbWVxGVgGAAAAcGnDqGNlcRpYAQAAAGZxG2gCaANLAIVxHGgJh3EdUnEeKEsBSwKFcR9oDVgCAAAAZjhxIImIh3EhUnEiKEsDWAEAAAA8cSNOTk5K/////0r/////SwB0cSRiiWgFWBIAAAAAAAAAAADDoD8AAAAAAAAAw4BxJWgHhnEmUnEndHEoYlgBAAAAbnEpTlgBAAAAdHEqKIiJRz/0AAAAAAAAigYAAAAAAAFKkO7+/00sAXRxK3Uu',
  'gAN9cQAoWAQAAABkYXRhcQFjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQJjbnVtcHkKbmRhcnJheQpxA0sAhXEEQwFicQWHcQZScQcoSwFLAksDhnEIY251bXB5CmR0eXBlCnEJWAIAAAB1MXEKiYiHcQtScQwoSwNYAQAAAHxxDU5OTkr/////Sv////9LAHRxDmKJQwYAAQIDBAVxD3RxEGJYBgAAAGxhYmVsc3ERXXESKEsDSv////9lWAQAAABuYW1lcRNYBgAAAHBpw6hjZXEUWAEAAABmcRVoAmgDSwCFcRZoBYdxF1JxGChLAUsChXEZaAlYAgAAAGY4cRqJiIdxG1JxHChLA1gBAAAAPHEdTk5OSv////9K/////0sAdHEeYolDEAAAAAAAAOA/AAAAAAAAAMBxH3RxIGJYAQAAAG5xIU5YAQAAAHRxIiiIiUc/9AAAAAAAAIoGAAAAAAABSpDu/v9NLAF0cSN1Lg==',
  'gASVPQEAAAAAAAB9lCiMBGRhdGGUjBZudW1weS5fY29yZS5tdWx0aWFycmF5lIwMX3JlY29uc3RydWN0lJOUjAVudW1weZSMB25kYXJyYXmUk5RLAIWUQwFilIeUUpQoSwFLAksDhpRoBYwFZHR5cGWUk5SMAnUxlImIh5RSlChLA4wBfJROTk5K/////0r/////SwB0lGKJQwYAAQIDBAWUdJRijAZsYWJlbHOUXZQoSwNK/////2WMBG5hbWWUjAZwacOoY2WUjAFmlGgEaAdLAIWUaAmHlFKUKEsBSwKFlGgOjAJmOJSJiIeUUpQoSwOMATyUTk5OSv////9K/////0sAdJRiiUMQAAAAAAAA4D8AAAAAAAAAwJR0lGKMAW6UTowBdJQoiIlHP/QAAAAAAACKBgAAAAAAAUqQ7v7/TSwBdJR1Lg==',
  'gAWVIwEAAAAAAAB9lCiMBGRhdGGUjBNudW1weS5fY29yZS5udW1lcmljlIwLX2Zyb21idWZmZXKUk5QolgYAAAAAAAAAAAECAwQFlIwFbnVtcHmUjAVkdHlwZZSTlIwCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYksCSwOGlIwBQ5R0lFKUjAZsYWJlbHOUXZQoSwNK/////2WMBG5hbWWUjAZwacOoY2WUjAFmlGgEKJYQAAAAAAAAAAAAAAAAAOA/AAAAAAAAAMCUaAiMAmY4lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGJLAoWUaA90lFKUjAFulE6MAXSUKIiJRz/0AAAAAAAAigYAAAAAAAFKkO7+/00sAXSUdS4=',
];

test('every protocol: numbers, text, lists, tuples and arrays', () => {
  for (const [protocol, text] of written.entries()) {
    const read = readPickle(Buffer.from(text, 'base64'), { globals: numpyGlobals }) as Map<string, never>;
    assert.deepEqual([...read.keys()], ['data', 'labels', 'name', 'f', 'n', 't'], `protocol ${protocol}`);
    const { shape, values } = read.get('data') as unknown as { shape: number[]; values: Uint8Array };
    assert.deepEqual(
      [shape, [...values]],
      [
        [2, 3],
        [0, 1, 2, 3, 4, 5],
      ],
    );
    assert.deepEqual([...(read.get('f') as unknown as { values: Float64Array }).values], [0.5, -2]);
    const rest = ['labels', 'name', 'n', 't'].map((key) => read.get(key) as unknown);
    assert.deepEqual(rest, [[3, -1], 'pièce', null, [true, false, 1.25, 2 ** 40, -70000, 300]]);
  }
});

test("Python 2's strings are bytes, and keys of them text", () => {
  // {'a': 'x\\xff'} as its protocols 0 and 2 have it.
  for (const text of ["(dp0\nS'a'\np1\nS'x\\xff'\np2\ns.", '\x80\x02}q\x00U\x01aq\x01U\x02x\xffq\x02s.']) {
    const read = readPickle(Buffer.from(text, 'latin1')) as Map<string, Buffer>;
    assert.deepEqual([...(read.get('a') ?? [])], [0x78, 0xff]);
  }
});

test("what asks for more than data is refused by its name: Python's os.system in protocols 0, 2 and 4", () => {
  for (const text of [
    'Y3Bvc2l4CnN5c3RlbQpwMAooVnRvdWNoIC90bXAvcHduZWQKcDEKdHAyClJwMwou',
    'gAJjcG9zaXgKc3lzdGVtCnEAWBAAAAB0b3VjaCAvdG1wL3B3bmVkcQGFcQJScQMu',
    'gASVKwAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjBB0b3VjaCAvdG1wL3B3bmVklIWUUpQu',
  ]) {
    assert.throws(
      () => readPickle(Buffer.from(text, 'base64'), { globals: numpyGlobals }),
      /^Error: it asks for Python's posix\.system, and only plain data are read$/,
    );
  }
  // Names that every object of JavaScript has.
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.throws(() => readPickle(Buffer.from(`c${name}\n${name}\n.`)), /only plain data are read$/);
  }
});

test('what is cut short, ends early, refers to nothing or is no instruction is refused', () => {
  const whole = Buffer.from(written[4], 'base64');
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => readPickle(whole.subarray(0, length), { globals: numpyGlobals }), Error, `${length} bytes`);
  }
  for (const [text, reason] of [
    ['.', /takes a value that is not there/],
    ['h\x05.', /refers to value 5, which it never gave/],
    ['NN.', /ends at byte 2 with values that belong to nothing/],
    ['t.', /since a mark that is not there/],
    ['}Na.', /appends to what is no list/],
    [']NNs.', /sets a key of what is no dict/],
    ['NNR.', /calls what is no function/],
    ['NNb.', /gives a state to what has none/],
    ['NQ.', /refers to something outside of it/],
    ['\xff.', /byte 0 is 255, which is no instruction/],
    ['\x80\x09.', /its protocol is 9/],
  ] as const) {
    assert.throws(() => readPickle(Buffer.from(text, 'latin1')), reason, JSON.stringify(text));
  }
});

test('a persistent identifier is given to the caller', () => {
  const read = readPickle(Buffer.from('X\x01\0\0\0aQ.'), { persistent: (identifier) => [identifier, 1] });
  assert.deepEqual(read, ['a', 1]);
});

test('an .npy file that NumPy wrote: arange(4).reshape(2, 2)', () => {
  const file = Buffer.from(
    'k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAA==',
    'base64',
  );
  const { shape, values } = readNpy(file);
  assert.deepEqual(
    [shape, [...values]],
    [
      [2, 2],
      [0, 1, 2, 3],
    ],
  );
  assert.throws(() => readNpy(file.subarray(0, file.length - 1)), /an array of \[2, 2\] in '<i8' has 31 bytes/);
  assert.throws(() => readNpy(Buffer.from('no array at all')), /it is no \.npy file/);
});
