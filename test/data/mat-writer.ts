/** MATLAB 5 files by the letter of the format's description. */
import { deflateSync } from 'node:zlib';

export interface MatOptions {
  little?: boolean;
  compressed?: boolean;
}

/** Writes MATLAB 5 files as the format's description says. */
export function writer({ little = true, compressed = true }: MatOptions = {}) {
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (little) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const double = (value: number) => {
    const bytes = Buffer.alloc(8);
    if (little) bytes.writeDoubleLE(value);
    else bytes.writeDoubleBE(value);
    return bytes;
  };
  /** Data of four bytes at most goes into the tag. */
  const element = (type: number, data: Buffer): Buffer => {
    if (data.length > 0 && data.length <= 4) {
      return Buffer.concat([word((data.length << 16) | type), data, Buffer.alloc(4 - data.length)]);
    }
    return Buffer.concat([word(type), word(data.length), data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
  };
  const matrix = (name: string, shape: number[], arrayClass: number, type: number, data: Buffer): Buffer => {
    const content = element(
      14,
      Buffer.concat([
        element(6, Buffer.concat([word(arrayClass), word(0)])),
        element(5, Buffer.concat(shape.map(word))),
        element(1, Buffer.from(name)),
        element(type, data),
      ]),
    );
    if (!compressed) return content;
    const packed = deflateSync(content);
    return Buffer.concat([word(15), word(packed.length), packed]);
  };
  const header = () => {
    const bytes = Buffer.alloc(128, ' ');
    bytes.write('MATLAB 5.0 MAT-file');
    if (little) bytes.writeUInt16LE(0x0100, 124);
    else bytes.writeUInt16BE(0x0100, 124);
    bytes.write(little ? 'IM' : 'MI', 126);
    return bytes;
  };
  return { word, double, element, matrix, header };
}
