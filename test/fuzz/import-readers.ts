/** Readers of what other programs write: files of tensors and arrays, for the fuzzer. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readArrays } from '../../lib/runs/importing/found-arrays';
import { rolesOf } from '../../lib/runs/importing/roles';
import type { Random } from '../../lib/tensor/random';
import { zipOf } from '../data/zip-writer';
import { hold, type Reader } from './fuzz';
import { mutateBytes, pick } from './mutate';

const made = (name: string) => readFileSync(path.join(__dirname, '..', 'files', 'made-by-python', name));

/** The pickle of res_DM.pt, and storages that it asks for. */
function tornArchive(): (random: Random) => Buffer {
  const whole = made('res_DM.pt');
  const begins = whole.indexOf(Buffer.from('\x80\x02}', 'latin1'));
  const pickle = whole.subarray(begins, whole.indexOf(Buffer.from('u.', 'latin1'), begins) + 2);
  return (random) => {
    const storage = Buffer.alloc(pick([96, 96, 96, 0, 95, 192], random), 1);
    const entries = [0, 1, 2].map((key) => ({
      name: `a/data/${key}`,
      content: key === 1 ? storage.subarray(0, 16) : storage,
    }));
    return zipOf([{ name: 'a/data.pkl', content: mutateBytes(pickle, random) }, ...entries]);
  };
}

function tornNpy(random: Random): Buffer {
  const sides = pick(
    ['(2, 3, 2, 2)', '(24,)', '()', '(-1,)', '(1e9,)', '(99999999999, 99999999999)', '(0, 5)'],
    random,
  );
  const type = pick(['<f4', '>f8', '<f2', '|O', '|V4', '<i8', '<U9', '|b1'], random);
  const order = pick(['True', 'False', 'None'], random);
  const header = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${sides}, }\n`;
  const start = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), Buffer.alloc(pick([96, 48, 0, 192], random), 1)]);
}

const importReader: Reader = {
  name: 'imported set',
  setUp(folder) {
    mkdirSync(folder, { recursive: true });
    const target = (name: string, from: string, lies: ((random: Random) => Buffer)[]) => {
      const file = path.join(folder, name);
      const valid = made(from);
      writeFileSync(file, valid);
      return { file, valid: [valid], lies };
    };
    const targets = [
      target('res.pt', 'res_DM.pt', [tornArchive()]),
      target('types.pth', 'types.pt', [(random) => mutateBytes(made('types.pt'), random)]),
      target('old.pt', 'old-dict.pt', [(random) => mutateBytes(made('old-dict.pt'), random)]),
      target('half.npy', 'half.npy', [tornNpy]),
      target('arrays.npz', 'arrays.npz', [(random) => zipOf([{ name: 'x.npy', content: tornNpy(random) }])]),
    ];
    return {
      targets: targets.map((one) => ({ ...one, named: new RegExp(`${path.basename(one.file)}|^Import: `) })),
      read: async () => {
        const arrays = await readArrays(targets.map(({ file }) => file));
        for (const { name, tensor } of arrays) {
          const size = tensor.shape.reduce((product, side) => product * side, 1);
          hold(tensor.values.length === size, `'${name}' of [${tensor.shape}] has ${tensor.values.length} values`);
        }
        // What was changed may be another array; the images are there in any case.
        const options = { imageShape: [2, 2, 3], classCount: 2, dataset: 'small' } as const;
        const { images } = rolesOf(arrays, { ...options, images: 'permuted', labels: 'in-order' });
        hold(images.count > 0, 'there are no images');
      },
    };
  },
};

export const importReaders: Reader[] = [importReader];
