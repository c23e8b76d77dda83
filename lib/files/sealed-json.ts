/**
 * JSON files that say whose they are and carry a checksum: a flipped bit, or a file that was put in another's place, is noticed
 * before it changes a number.
 */
import { z } from 'zod';
import { hashOf } from './canonical-json';
import { writing } from './file-error';
import { readText } from './open-file';
import { parseOrExplain } from './parse-or-explain';
import { writeWhole } from './whole-file';

const sealedSchema = z.object({ seal: z.object({ of: z.string(), sha256: z.string() }) }).passthrough();

/** Writes a record for the owner of that identity, as {@link writeWhole}. */
export function writeSealed(file: string, identity: string, value: object): void {
  writing(file, () => writeWhole(file, sealedText(identity, value)));
}

/** The text of such a file. */
export function sealedText(identity: string, value: object): string {
  const seal = { of: identity, sha256: checksumOf(identity, value) };
  return `${JSON.stringify({ ...value, seal }, undefined, 2)}\n`;
}

export interface ReadSealedOptions {
  /** Whose it must be; left out, anybody's. */
  identity?: string;
  /** A sentence added to what is thrown: what to do. */
  advice?: string;
}

/**
 * Reads what {@link writeSealed} wrote.
 * @throws Error naming the file, when it is damaged, another's, or not of the schema
 */
export function readSealed<Value>(
  file: string,
  schema: z.ZodType<Value, z.ZodTypeDef, unknown>,
  { identity, advice }: ReadSealedOptions = {},
): Value {
  const refuse = (reason: string) =>
    new Error([`${file} cannot be used: ${reason}.`, advice].filter(Boolean).join(' '));
  const { seal, ...value } = parseOrExplain(sealedSchema, parseJson(readText(file), refuse), refuse);
  if (seal.sha256 !== checksumOf(seal.of, value)) {
    throw refuse('its content does not fit its checksum, so it was damaged or changed after it was written');
  }
  if (identity !== undefined && seal.of !== identity) throw refuse(`it belongs to ${seal.of}, not to ${identity}`);
  return parseOrExplain(schema, value, refuse);
}

function parseJson(text: string, refuse: (reason: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
}

function checksumOf(identity: string, value: object): string {
  return hashOf([identity, value]);
}
