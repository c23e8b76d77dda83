/** What a file's content comes to, without holding it in memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

export interface FileDigest {
  bytes: number;
  /** Hexadecimal. */
  digest: string;
}

export async function digestOfFile(file: string, algorithm: 'md5' | 'sha256'): Promise<FileDigest> {
  const hash = createHash(algorithm);
  let bytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, digest: hash.digest('hex') };
}
