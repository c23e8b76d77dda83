/** How much more a disk takes. */
import { statfsSync } from 'node:fs';

/** Bytes that are free for this user where a folder lies; undefined where the system does not tell. */
export function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    // Some file systems of networks and of memory count nothing.
    return blocks > 0 ? bavail * bsize : undefined;
  } catch {
    return undefined;
  }
}
