/** Room on the disk, asked for before a step that fills it. */
import { statfsSync } from 'node:fs';
import { SetupError } from './console.mjs';

/**
 * @param {string} folder on the disk in question
 * @param {number} neededBytes what the step takes, and room to unpack
 * @throws {SetupError} when the disk has less room
 */
export function requireDiskSpace(folder, neededBytes, freeBytes = freeBytesOf(folder)) {
  if (freeBytes >= neededBytes) return;
  const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new SetupError(
    `The disk of ${folder} has ${gigabytes(freeBytes)} free, and this step needs ${gigabytes(neededBytes)}: make room and run again.`,
  );
}

function freeBytesOf(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
