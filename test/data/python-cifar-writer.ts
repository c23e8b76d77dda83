/** Python's version of CIFAR: pickles in protocol 2 as Python 2 and its NumPy wrote the official ones. */

const text = (value: string) => Buffer.concat([Buffer.from('U'), Buffer.from([value.length]), Buffer.from(value)]);
const whole = (value: number) => {
  const bytes = Buffer.alloc(5, 'J');
  bytes.writeInt32LE(value, 1);
  return bytes;
};

/** @param planes [labels.length, 3072] bytes @param key of the labels */
export function pythonCifar(planes: Buffer, labels: readonly number[], key: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(planes.length);
  const shape = Buffer.concat([whole(labels.length), whole(3072), Buffer.from('\x86', 'latin1')]);
  const type = Buffer.concat([
    Buffer.from('cnumpy\ndtype\n'),
    text('u1'),
    Buffer.from('K\0K\x01\x87R(K\x03', 'latin1'),
    text('|'),
    Buffer.from('NNN'),
    whole(-1),
    whole(-1),
    Buffer.from('K\0tb'),
  ]);
  return Buffer.concat([
    Buffer.from('\x80\x02}q\x01(', 'latin1'),
    text('data'),
    Buffer.from('cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85', 'latin1'),
    text('b'),
    Buffer.from('\x87R(K\x01', 'latin1'),
    shape,
    type,
    Buffer.from('\x89T', 'latin1'),
    length,
    planes,
    Buffer.from('tb'),
    text(key),
    Buffer.from(']('),
    ...labels.map(whole),
    Buffer.from('e'),
    text('batch_label'),
    text('training batch'),
    Buffer.from('u.'),
  ]);
}
