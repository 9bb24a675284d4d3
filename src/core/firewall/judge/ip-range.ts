import { type Address, addressWords, type Family, parseAddress, renderAddress } from '../../net/address.ts';

/** Addresses of one family, both ends included. */
export type IpRange = { readonly family: Family; readonly first: bigint; readonly last: bigint };

export const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

export function addressNumber(address: Address): bigint {
  return addressWords(address).reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
}

export function addressOf(family: Family, number: bigint): Address {
  const word = (at: bigint): number => Number((number >> at) & 0xffff_ffffn);
  return renderAddress(family, word(96n), word(64n), word(32n), word(0n));
}

/**
 * `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `1.2.3.4-1.2.3.9`, `1.2.3.4`; `undefined` for anything else, including
 * non-contiguous masks.
 */
export function parseIpRange(text: string): IpRange | undefined {
  const [, from = '', until] = /^([^-]+)-(.+)$/.exec(text) ?? [];
  if (until !== undefined) return between(parseAddress(from), parseAddress(until));
  const [base = '', mask] = text.split('/');
  const address = parseAddress(base);
  if (address === undefined) return undefined;
  const family = base.includes(':') ? 6 : 4;
  const length = mask === undefined ? bitsOf(family) : prefixLength(mask, family);
  return length === undefined ? undefined : prefixRange(family, addressNumber(address), length);
}

export function prefixRange(family: Family, number: bigint, length: number): IpRange {
  const size = 1n << BigInt(bitsOf(family) - length);
  const first = number - (number % size);
  return { family, first, last: first + size - 1n };
}

export function between(first: Address | undefined, last: Address | undefined): IpRange | undefined {
  if (first === undefined || last === undefined || first.includes(':') !== last.includes(':'))
    return undefined;
  return { family: first.includes(':') ? 6 : 4, first: addressNumber(first), last: addressNumber(last) };
}

function prefixLength(mask: string, family: Family): number | undefined {
  const bits = bitsOf(family);
  if (/^[0-9]{1,3}$/.test(mask)) return Number(mask) <= bits ? Number(mask) : undefined;
  const parsed = parseAddress(mask);
  if (parsed === undefined) return undefined;
  const ones = addressNumber(parsed).toString(2).padStart(bits, '0');
  return /^1*0*$/.test(ones) ? ones.lastIndexOf('1') + 1 : undefined;
}
