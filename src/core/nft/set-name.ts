import type { Family } from '../net/address.ts';

/** A name of 31 characters is taken by every kernel that has nftables: `bussa_`, this many, and `_4`. */
const MAX_ENCODED = 21;

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/**
 * The name of the set of a door's leased sources: an identifier whatever the door is called. Small letters and digits
 * stand for themselves, any other byte of its UTF-8 is `_` and two hexadecimal digits. A longer name keeps its
 * beginning, and its FNV-1a hash of 64 bits behind `__`, which no short name contains.
 */
export function setName(prefix: string, door: string, family: Family): string {
  return `${prefix}${encode(door)}_${family}`;
}

function encode(door: string): string {
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
