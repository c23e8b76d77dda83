/** Disk space of experts, asked for before hours of training rather than after. */
import { freeBytes } from '../../files/disk-space';
import type { ExpertFiles, Shapes } from './expert-files';

/** Bytes of one epoch's file: its numbers, and what the header says of each tensor. */
export function epochBytes(shapes: Shapes): number {
  const tensors = Object.entries(shapes).map(
    ([name, shape]) => shape.reduce((product, side) => product * side, 4) + name.length + 100,
  );
  return tensors.reduce((sum, bytes) => sum + bytes, 300);
}

/** Bytes that files of experts will add until each has these epochs. A state is as large as two epochs. */
export function missingBytes(experts: readonly ExpertFiles[], epochs: number, shapes: Shapes): number {
  const files = experts.map((one) => one.missing(epochs) + (one.hasState() ? 0 : 2));
  return epochBytes(shapes) * files.reduce((sum, count) => sum + count, 0);
}

/**
 * @param folder where the experts lie
 * @throws Error, where it has less space free than is missing, that says how much and what to do
 */
export function requireSpace(folder: string, experts: readonly ExpertFiles[], epochs: number, shapes: Shapes): void {
  const free = freeBytes(folder);
  // In reserve: a twentieth, and one state, whose successor is written beside it.
  const needed = 1.05 * missingBytes(experts, epochs, shapes) + 3 * epochBytes(shapes);
  if (free === undefined || needed <= free) return;
  throw new Error(
    `There is too little space for the experts in ${folder}: ${experts.length} of ${epochs} epochs need ${megabytes(needed)} more, and ${megabytes(free)} are free. ` +
      "Free some space, keep experts in another folder, or ask for fewer ('matching.experts.count', 'matching.experts.epochs'), and start the same again; what is there stays.",
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 2 : 0)} MB`;
}
