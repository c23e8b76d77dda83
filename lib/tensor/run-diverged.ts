/** Thrown when a loss or a parameter is no longer a number. */
export class RunDiverged extends Error {
  override name = 'RunDiverged';
}
