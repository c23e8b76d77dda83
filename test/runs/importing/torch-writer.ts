/** Files as torch.save writes them: pickles that PyTorch itself made (test/files/made-by-python/make.py), round numbers of a test. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StoredTensor } from '../../../lib/files/safetensors';
import { zipOf } from '../../data/zip-writer';

/**
 * @param pickle name of the pickle of a dictionary of these tensors, in order of their names
 */
export function writeTorchFile(file: string, pickle: string, tensors: Record<string, StoredTensor>): void {
  const content = readFileSync(path.join(__dirname, '..', '..', 'files', 'made-by-python', pickle));
  const storages = Object.entries(tensors)
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([, { values }], place) => ({
      name: `archive/data/${place}`,
      content: Buffer.from(values.buffer, values.byteOffset, values.byteLength),
    }));
  writeFileSync(file, zipOf([{ name: 'archive/data.pkl', content }, ...storages]));
}
