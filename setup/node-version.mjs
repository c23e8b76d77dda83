/** Which Node will do. This file and main.mjs are all that an unfit Node gets to read, so they keep to old JavaScript. */
import { SetupError } from './console.mjs';

/**
 * Before 20.19 and 22.12, Node's require() takes no ES modules, which arquero is.
 * @param {string} version e.g. '22.12.0'
 * @throws {SetupError} for a Node that is too old or too new
 */
export function requireNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major === 23 || major === 24;
  if (!fits) {
    throw new SetupError(
      `This is Node ${version}, and haba needs 20.19 or later, 22.12 or later, or 24: install one from https://nodejs.org and run again.`,
    );
  }
}
