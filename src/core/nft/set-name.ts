import type { Family } from '../net/address.ts';

/** Every kernel with nftables accepts names of 31 characters: `bussa_`, this many, and `_4`. */
const MAX_ENCODED = 21;

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/**
 * The name of a door's lease set, a valid identifier for any door name. Lower-case letters and digits stay; any other
 * byte of its UTF-8 becomes `_` and two hexadecimal digits. A longer name keeps its beginning, followed by `__`, which
 * no short name contains, and its 64-bit FNV-1a hash.
 */
export function setName(prefix: string, door: string, family: Family): string {
  return `${prefix}${encode(door)}_${family}`;
}

/** Most names need nothing done, and every opening asks. */
const PLAIN = new RegExp(`^[a-z0-9]{0,${MAX_ENCODED}}$`);

function encode(door: string): string {
  if (PLAIN.test(door)) return door;
  const bytes = new TextEncoder().encode(door);
  let encoded = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    encoded += /[a-z0-9]/.test(char) ? char : `_${byte.toString(16).padStart(2, '0')}`;
    if (encoded.length > MAX_ENCODED) return `${encoded.slice(0, MAX_ENCODED - 18)}__${hash(bytes)}`;
  }
  return encoded;
}

function hash(bytes: Uint8Array): string {
  let value = FNV_OFFSET;
  for (const byte of bytes) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * FNV_PRIME);
  return value.toString(16).padStart(16, '0');
}
