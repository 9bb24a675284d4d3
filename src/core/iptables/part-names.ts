import type { Family } from '../net/address.ts';

/** Every chain of Bussa's in the table `filter` begins with this, every set of Bussa's with `bussa4-` or `bussa6-`. */
export const INPUT_CHAIN = 'BUSSA';
export const FORWARD_CHAIN = 'BUSSA-FORWARD';
export const OUTPUT_CHAIN = 'BUSSA-OUTPUT';
/** Jumped to from the first one. */
export const TRANSLATED_CHAIN = 'BUSSA-TRANSLATED';

/** The chains of the table from which Bussa's are jumped to. */
export const JUMPS = { INPUT: INPUT_CHAIN, FORWARD: FORWARD_CHAIN, OUTPUT: OUTPUT_CHAIN } as const;

/** Bytes of XT_EXTENSION_MAXNAMELEN (29, linux/netfilter/x_tables.h) less the NUL. */
const CHAIN_NAME_BYTES = 28;
/** Bytes of IPSET_MAXNAMELEN (32, linux/netfilter/ipset/ip_set.h) less the NUL. */
const SET_NAME_BYTES = 31;

const HASH = '[0-9a-f]{16}';
const OWN_CHAIN = new RegExp(
  `^BUSSA(?:-FORWARD|-OUTPUT|-TRANSLATED|-MADE-(?:TABLE|INPUT|FORWARD|OUTPUT)|-[a-z0-9_]*-${HASH})?$`,
);
const OWN_SET = new RegExp(`^bussa[46]-(?:new|[a-z0-9_]*-${HASH})$`);

/** The chain of a door's leases as rules, for a kernel without ipset. */
export function doorChain(door: string): string {
  return nameWithin('BUSSA-', door, CHAIN_NAME_BYTES);
}

/**
 * The name of a door's lease set for one family, and of its list of unused leases. The kernel fixes their mask at
 * creation, so each prefix length has its own name.
 */
export function doorSet(door: string, family: Family, prefix6?: number): string {
  const name = family === 6 && prefix6 !== undefined ? `${door}/${prefix6}` : door;
  return nameWithin(`bussa${family}-`, name, SET_NAME_BYTES);
}

/** Filled beside the one in use, then swapped with it. */
export function nextSet(family: Family): string {
  return `bussa${family}-new`;
}

export const isOwnChain = (name: string): boolean => OWN_CHAIN.test(name);
export const isOwnSet = (name: string): boolean => OWN_SET.test(name);

/** As much of the door's name as fits and a reader needs, then a hash that makes it unique. */
function nameWithin(prefix: string, door: string, bytes: number): string {
  const hash = hashOf(door);
  const room = bytes - prefix.length - 1 - hash.length;
  return `${prefix}${door
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, room)}-${hash}`;
}

/** 64-bit FNV-1a over UTF-16 code units. The names are the operator's, so nobody constructs collisions. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
