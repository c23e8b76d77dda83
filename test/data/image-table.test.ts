/** Datasets as users of the PyTorch codes have them beside the official files: parquet files of the hub, NumPy's archives. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { loadDataset } from '../../lib/data/load-dataset';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-table-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(file: string, bytes: Buffer): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), bytes);
}

// By pyarrow 26 and NumPy 2.4.
// prettier-ignore
const written = {
  /** Snappy; 8x4 PNG of red and green, labels 2 and 0, names bee, cat, dog as the hub writes them. */
  hub: Buffer.from('UEFSMRUEFb4CFf4BTBUEFQASAACfAfBSSwAAAIlQTkcNChoKAAAADUlIRFIAAAAIAAAABAgCAAAAPK/ppwAAABJJREFUeJxj/M+AHTDhECdDAgBkkQEHyInbKAAAAABJRU5ErkJggkwAAACOTwAAEw1PfGT4z4AVMGEXJkcCAGOSAQfww1c2AAAAAElFTkSuQmCCFQAVEhUWLBUEFRAVBhUGHDYAKEyJUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAATSURBVHicY2T4z4AVMGEXJkcCAGOSAQfww1c2AAAAAElFTkSuQmCCGEuJUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAASSURBVHicY/zPgB0w4RAnQwIAZJEBB8iJ2ygAAAAASUVORK5CYIIREQAAAAkgAgAAAAQCAQMCFQQVJBUoTBUEFQASAAASRAUAAAAwLnBuZwUAAAAxLnBuZxUAFRIVFiwVBBUQFQYVBhw2ACgFMS5wbmcYBTAucG5nEREAAAAJIAIAAAAEAgEDAhUEFSAVJEwVBBUAEgAAEDwCAAAAAAAAAAAAAAAAAAAAFQAVEhUWLBUEFRAVBhUGHBgIAgAAAAAAAAAYCAAAAAAAAAAAFgAoCAIAAAAAAAAAGAgAAAAAAAAAABERAAAACSACAAAABAEBAwIVBBlcNQAYBnNjaGVtYRUEADUCGAVpbWFnZRUEABUMJQIYBWJ5dGVzABUMJQIYBHBhdGglAEwcAAAAFQQlAhgFbGFiZWwAFgQZHBk8JgAcFQwZNQAGEBkoBWltYWdlBWJ5dGVzFQIWBBbUBRaYBSamAiYIHDYAKEyJUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAATSURBVHicY2T4z4AVMGEXJkcCAGOSAQfww1c2AAAAAElFTkSuQmCCGEuJUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAASSURBVHicY/zPgB0w4RAnQwIAZJEBB8iJ2ygAAAAASUVORK5CYIIREQAZLBUEFQAVAgAVABUQFQIAPBauAhkGGTYAAAQAAAAmABwVDBk1AAYQGSgFaW1hZ2UEcGF0aBUCFgQWnAEWpAEm5AUmoAUcNgAoBTEucG5nGAUwLnBuZxERABksFQQVABUCABUAFRAVAgA8FhQZBhk2AAAEAAAAJgAcFQQZNQAGEBkYBWxhYmVsFQIWBBbMARbUASaEBybEBhwYCAIAAAAAAAAAGAgAAAAAAAAAABYAKAgCAAAAAAAAABgIAAAAAAAAAAAREQAZLBUEFQAVAgAVABUQFQIAPCkGGSYABAAAABa8CBYEJggWkAgAGSwYC2h1Z2dpbmdmYWNlGHd7ImluZm8iOiB7ImZlYXR1cmVzIjogeyJpbWFnZSI6IHsiX3R5cGUiOiAiSW1hZ2UifSwgImxhYmVsIjogeyJuYW1lcyI6IFsiYmVlIiwgImNhdCIsICJkb2ciXSwgIl90eXBlIjogIkNsYXNzTGFiZWwifX19fQAYDEFSUk9XOnNjaGVtYRjYBC8vLy8vN2dCQUFBUUFBQUFBQUFLQUE0QUJnQUZBQWdBQ2dBQUFBQUJCQUFRQUFBQUFBQUtBQXdBQUFBRUFBZ0FDZ0FBQUxBQUFBQUVBQUFBQVFBQUFBd0FBQUFJQUF3QUJBQUlBQWdBQUFDRUFBQUFCQUFBQUhjQUFBQjdJbWx1Wm04aU9pQjdJbVpsWVhSMWNtVnpJam9nZXlKcGJXRm5aU0k2SUhzaVgzUjVjR1VpT2lBaVNXMWhaMlVpZlN3Z0lteGhZbVZzSWpvZ2V5SnVZVzFsY3lJNklGc2lZbVZsSWl3Z0ltTmhkQ0lzSUNKa2IyY2lYU3dnSWw5MGVYQmxJam9nSWtOc1lYTnpUR0ZpWld3aWZYMTlmUUFMQUFBQWFIVm5aMmx1WjJaaFkyVUFBZ0FBQUVBQUFBQUVBQUFBY1AvLy93QUFBUUlRQUFBQUlBQUFBQVFBQUFBQUFBQUFCUUFBQUd4aFltVnNBQUFBQ0FBTUFBZ0FCd0FJQUFBQUFBQUFBVUFBQUFDby8vLy9BQUFCRFJnQUFBQWdBQUFBQkFBQUFBSUFBQUJRQUFBQUZBQUFBQVVBQUFCcGJXRm5aUUFBQUtELy8vL1kvLy8vQUFBQkJSQUFBQUFZQUFBQUJBQUFBQUFBQUFBRUFBQUFjR0YwYUFBQUFBREkvLy8vRUFBVUFBZ0FCZ0FIQUF3QUFBQVFBQkFBQUFBQUFBRUVFQUFBQUJ3QUFBQUVBQUFBQUFBQUFBVUFBQUJpZVhSbGN3QUFBQVFBQkFBRUFBQUFBQUFBQUE9PQAYIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAAIAUAAFBBUjE=', 'base64'),
  /** Zstandard; 8x4 PNG of red and blue, labels 'zebra' and 'ant', nothing of the hub. */
  texts: Buffer.from('UEFSMRUEFcACFYoCTBUEFQASAAAotS/9IKDlAwAkB0sAAACJUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAASSURBVHicY/zPgB0w4RAnQwIAZJEBB8iJ2ygAAAAASUVORK5CYIJNFGRg+M+ADTBhFSVLAgBikwEHIt1nVAAAAABJRU5ErkJgggIAkAlEKoMZFQAVEhUkLBUEFRAVBhUGHDYAKE2JUE5HDQoaCgAAAA1JSERSAAAACAAAAAQIAgAAADyv6acAAAAUSURBVHicY2Rg+M+ADTBhFSVLAgBikwEHIt1nVAAAAABJRU5ErkJgghhLiVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAEklEQVR4nGP8z4AdMOEQJ0MCAGSRAQfIidsoAAAAAElFTkSuQmCCEREAAAAotS/9IAlJAAACAAAABAIBAwIVBBUkFTZMFQQVABIAACi1L/0gEpEAAAUAAAAwLnBuZwUAAAAxLnBuZxUAFRIVJCwVBBUQFQYVBhw2ACgFMS5wbmcYBTAucG5nEREAAAAotS/9IAlJAAACAAAABAIBAwIVBBUgFTJMFQQVABIAACi1L/0gEIEAAAUAAAB6ZWJyYQMAAABhbnQVABUSFSQsFQQVEBUGFQYcNgAoBXplYnJhGANhbnQREQAAACi1L/0gCUkAAAIAAAAEAQEDAhUEGVw1ABgGc2NoZW1hFQQANQIYA2ltZxUEABUMJQIYBWJ5dGVzABUMJQIYBHBhdGglAEwcAAAAFQwlAhgFbGFiZWwlAEwcAAAAFgQZHBk8JgAcFQwZNQAGEBkoA2ltZwVieXRlcxUMFgQW2AUWtAUmsgImCBw2AChNiVBORw0KGgoAAAANSUhEUgAAAAgAAAAECAIAAAA8r+mnAAAAFElEQVR4nGNkYPjPgA0wYRUlSwIAYpMBByLdZ1QAAAAASUVORK5CYIIYS4lQTkcNChoKAAAADUlIRFIAAAAIAAAABAgCAAAAPK/ppwAAABJJREFUeJxj/M+AHTDhECdDAgBkkQEHyInbKAAAAABJRU5ErkJgghERABksFQQVABUCABUAFRAVAgA8FrACGQYZNgAABAAAACYAHBUMGTUABhAZKANpbWcEcGF0aBUMFgQWnAEWwAEmjgYmvAUcNgAoBTEucG5nGAUwLnBuZxERABksFQQVABUCABUAFRAVAgA8FhQZBhk2AAAEAAAAJgAcFQwZNQAGEBkYBWxhYmVsFQwWBBaUARa4ASbKByb8Bhw2ACgFemVicmEYA2FudBERABksFQQVABUCABUAFRAVAgA8FhAZBhkmAAQAAAAWiAgWBCYIFqwIABkcGAxBUlJPVzpzY2hlbWEYzAIvLy8vLy9BQUFBQVFBQUFBQUFBS0FBd0FCZ0FGQUFnQUNnQUFBQUFCQkFBTUFBQUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBSUFBQUF3QUFBQUJBQUFBSVQvLy84QUFBRUZFQUFBQUJnQUFBQUVBQUFBQUFBQUFBVUFBQUJzWVdKbGJBQUFBSFQvLy8rcy8vLy9BQUFCRFJnQUFBQWNBQUFBQkFBQUFBSUFBQUJNQUFBQUVBQUFBQU1BQUFCcGJXY0FvUC8vLzlqLy8vOEFBQUVGRUFBQUFCZ0FBQUFFQUFBQUFBQUFBQVFBQUFCd1lYUm9BQUFBQU1qLy8vOFFBQlFBQ0FBR0FBY0FEQUFBQUJBQUVBQUFBQUFBQVFRUUFBQUFIQUFBQUFRQUFBQUFBQUFBQlFBQUFHSjVkR1Z6QUFBQUJBQUVBQVFBQUFBPQAYIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGTwcAAAcAAAcAAAAdAMAAFBBUjE=', 'base64'),
  /** As MedMNIST: arange(2 * 28 * 28) as bytes, labels [[1], [0]]; one test image of sevens, label [[1]]. */
  medical: Buffer.from('UEsDBC0AAAAIAAAAIQBSifS4//////////8QABQAdHJhaW5faW1hZ2VzLm5weQEAEACgBgAAAAAAAGUBAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgXlNqqK6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKRhYgrKmjUKtADuBiYGRiZmFlY+fg5OLm4eXjFxAUEhYRFROXkJSSlpGVk1dQVFJWUVVT19DU0tbR1dM3MDQyNjE1M7ewtLK2sbWzd3B0cnZxdXP38PTy9vH18w8IDAoOCQ0Lj4iMio6JjYtPSExKTklNS8/IzMrOyc3LLygsKi4pLSuvqKyqrqmtq29obGpuaW1r7+js6u7p7eufMHHS5ClTp02fMXPW7Dlz581fsHDR4iVLly1fsXLV6jVr163fsHHT5i1bt23fsXPX7j179+0/cPDQ4SNHjx0/cfLU6TNnz52/cPHS5StXr12/cfPW7Tt3791/8PDR4ydPnz1/8fLV6zdv373/8PHT5y9fv33/8fPX7z9///0f9f+o/0f9P+r/Uf9j9z8AUEsDBC0AAAAIAAAAIQCJbqW6//////////8QABQAdHJhaW5fbGFiZWxzLm5weQEAEACQAAAAAAAAAEoAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKhpo6CrUKZAMuRgZUAABQSwMELQAAAAgAAAAhAMKL7Qv//////////w8AFAB0ZXN0X2ltYWdlcy5ucHkBABAAkAMAAAAAAABQAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6CkYWIKypo1CrQA7gYh8Fo2AUwAEAUEsDBC0AAAAIAAAAIQAOqgSl//////////8PABQAdGVzdF9sYWJlbHMubnB5AQAQAIgAAAAAAAAASgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOgqGmjoKtQpkAy5GBggAAFBLAQItAy0AAAAIAAAAIQBSifS4ZQEAAKAGAAAQAAAAAAAAAAAAAACAAQAAAAB0cmFpbl9pbWFnZXMubnB5UEsBAi0DLQAAAAgAAAAhAIlupbpKAAAAkAAAABAAAAAAAAAAAAAAAIABpwEAAHRyYWluX2xhYmVscy5ucHlQSwECLQMtAAAACAAAACEAwovtC1AAAACQAwAADwAAAAAAAAAAAAAAgAEzAgAAdGVzdF9pbWFnZXMubnB5UEsBAi0DLQAAAAgAAAAhAA6qBKVKAAAAiAAAAA8AAAAAAAAAAAAAAIABxAIAAHRlc3RfbGFiZWxzLm5weVBLBQYAAAAABAAEAPYAAABPAwAAAAA=', 'base64'),
  /** As Keras, but with images of float32. */
  floats: Buffer.from('UEsDBC0AAAAIAAAAIQBztMh4//////////8LABQAeF90cmFpbi5ucHkBABAAAAEAAAAAAABLAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CiZApKmjUKtAHuBiGGAAAFBLAwQtAAAACAAAACEAcfs5q///////////CwAUAHlfdHJhaW4ubnB5AQAQAJAAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAuRgZUAABQSwMELQAAAAgAAAAhAGnYdKT//////////woAFAB4X3Rlc3QubnB5AQAQAMAAAAAAAAAASwAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOgomQKSpo1CrQB7gYqAQAABQSwMELQAAAAgAAAAhAD6aFF7//////////woAFAB5X3Rlc3QubnB5AQAQAIgAAAAAAAAASAAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOpo6CrUKFAAuRgYIAABQSwECLQMtAAAACAAAACEAc7TIeEsAAAAAAQAACwAAAAAAAAAAAAAAgAEAAAAAeF90cmFpbi5ucHlQSwECLQMtAAAACAAAACEAcfs5q0gAAACQAAAACwAAAAAAAAAAAAAAgAGIAAAAeV90cmFpbi5ucHlQSwECLQMtAAAACAAAACEAadh0pEsAAADAAAAACgAAAAAAAAAAAAAAgAENAQAAeF90ZXN0Lm5weVBLAQItAy0AAAAIAAAAIQA+mhReSAAAAIgAAAAKAAAAAAAAAAAAAACAAZQBAAB5X3Rlc3QubnB5UEsFBgAAAAAEAAQA4gAAABgCAAAAAA==', 'base64'),
};

const first = (images: Uint8Array, image: number) => [...images.subarray(image * 3072, image * 3072 + 3)];

test('parquet files of the hub: images, labels, and the names of classes; several files, in folders of its own', async () => {
  for (const [train, tested] of [
    ['train-00000-of-00002.parquet', 'test-00000-of-00001.parquet'],
    ['data/train-00000-of-00002.parquet', 'data/validation-00000-of-00001.parquet'],
    ['default/train/0000.parquet', 'default/test/0000.parquet'],
  ]) {
    rmSync(folder, { recursive: true });
    put(train, written.hub);
    put(train.replace('0000.', '0001.').replace('00000-of', '00001-of'), written.hub);
    put(tested, written.hub);
    const { train: images, test: held, classNames, imageShape } = await loadDataset('folder', { folder });
    assert.deepEqual([...classNames, ...imageShape], ['bee', 'cat', 'dog', 32, 32, 3]);
    assert.deepEqual(
      [[...images.labels], [...held.labels]],
      [
        [2, 0, 2, 0],
        [2, 0],
      ],
    );
    assert.deepEqual(
      [first(images.images, 0), first(images.images, 3)],
      [
        [255, 0, 0],
        [0, 255, 0],
      ],
    );
  }
});

test('labels that are names become classes in the order of their names', async () => {
  for (const split of ['train', 'test']) put(`folder/${split}.parquet`, written.texts);
  const { train, classNames } = await loadDataset('folder', { folder });
  assert.deepEqual(
    [[...classNames], [...train.labels], first(train.images, 1)],
    [
      ['ant', 'zebra'],
      [1, 0],
      [0, 0, 255],
    ],
  );
});

test('a known dataset in parquet has its own classes and statistics, and refuses labels beyond them', async () => {
  for (const split of ['train', 'test']) put(`cifar10/plain_text/${split}-00000-of-00001.parquet`, written.hub);
  const { classNames, mean, train } = await loadDataset('cifar10', { folder });
  assert.deepEqual([classNames.length, mean[0], ...train.labels], [10, 0.4914, 2, 0]);
  for (const split of ['train', 'test']) put(`mnist/${split}.parquet`, written.hub);
  assert.deepEqual((await loadDataset('mnist', { folder })).imageShape, [32, 32, 1]);
  put('other/train.parquet', written.texts);
  put('other/test.parquet', written.hub);
  // 'zebra' was learnt, '2' was not.
  await assert.rejects(
    loadDataset('folder', { folder: path.join(folder, 'other') }),
    /other\/test\.parquet: record 0 has label '2', which no training image has\.$/,
  );
});

test("an .npz as MedMNIST has them: one's own, resized to RGB; as mnist.npz in its border, grey", async () => {
  put('organs.npz', written.medical);
  const own = await loadDataset('folder', { folder });
  assert.deepEqual([...own.imageShape, ...own.train.labels, ...own.test.labels], [32, 32, 3, 1, 0, 1]);
  assert.deepEqual(first(own.test.images, 0), [7, 7, 7]);
  rmSync(path.join(folder, 'organs.npz'));
  put('mnist.npz', written.medical);
  const { train } = await loadDataset('mnist', { folder });
  // Two rows and columns of zeros, then row 0 of image 1: 784 modulo 256, ...
  assert.deepEqual([...train.images.subarray(1024 + 2 * 32, 1024 + 2 * 32 + 5)], [0, 0, 16, 17, 18]);
});

test('what is damaged, of another kind, or has no images is named', async () => {
  put('a.npz', written.floats);
  await assert.rejects(
    loadDataset('folder', { folder }),
    /a\.npz \(x_train, y_train\): images are Float32 of \[2, 4, 4\], expected bytes \(uint8, 0 to 255\)/,
  );
  put('a.npz', written.medical.subarray(0, 500));
  await assert.rejects(loadDataset('folder', { folder }), /a\.npz cannot be read: /);
  rmSync(path.join(folder, 'a.npz'));
  for (const split of ['train', 'test']) put(`${split}.parquet`, written.hub.subarray(0, 900));
  await assert.rejects(loadDataset('folder', { folder }), /train\.parquet cannot be read: /);
});
