/** Byte order of a number in a file: least or most significant byte first. */
export type ByteOrder = 'little' | 'big';

/** Unsigned. The caller has checked that the bytes exist. */
export function read16(bytes: Uint8Array, at: number, order: ByteOrder): number {
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  return order === 'little' ? (second << 8) | first : (first << 8) | second;
}

export function read32(bytes: Uint8Array, at: number, order: ByteOrder): number {
  const first = read16(bytes, at, order);
  const second = read16(bytes, at + 2, order);
  return (order === 'little' ? (second << 16) | first : (first << 16) | second) >>> 0;
}
