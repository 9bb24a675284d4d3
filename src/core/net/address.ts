/**
 * An IP address in its canonical text: dotted decimal for IPv4, RFC 5952 for IPv6. Two addresses are equal exactly if
 * their texts are, so an `Address` can be a map key and a database column.
 */
export type Address = string & { readonly brand: 'Address' };

export type Family = 4 | 6;

/** An address as unsigned 32-bit big-endian words. An IPv4 address is in the last word, the others are 0. */
export type AddressWords = readonly [number, number, number, number];

export function familyOf(address: Address): Family {
  return address.includes(':') ? 6 : 4;
}

/** The address in `text` (no zone, prefix or host name), or `undefined`. */
export function parseAddress(text: string): Address | undefined {
  const words = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (words === undefined) return undefined;
  return renderAddress(text.includes(':') ? 6 : 4, words[0], words[1], words[2], words[3]);
}

/** Converts an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) to IPv4; others stay unchanged. */
export function unmapped(address: Address): Address {
  const [w0, w1, w2, w3] = addressWords(address);
  const isMapped = familyOf(address) === 6 && w0 === 0 && w1 === 0 && w2 === 0xffff;
  return isMapped ? renderAddress(4, 0, 0, 0, w3) : address;
}

export function addressWords(address: Address): AddressWords {
  const words = familyOf(address) === 6 ? parseIpv6(address) : parseIpv4(address);
  if (words === undefined) throw new Error(`not a canonical address: ${address}`);
  return words;
}

export function renderAddress(family: Family, w0: number, w1: number, w2: number, w3: number): Address {
  return (family === 4 ? renderIpv4(w3) : renderIpv6([w0, w1, w2, w3])) as Address;
}

function parseIpv4(text: string): AddressWords | undefined {
  const value = ipv4Value(text);
  return value === undefined ? undefined : [0, 0, 0, value];
}

/** Without a regular expression or an array: it is asked for each opening. */
function ipv4Value(text: string): number | undefined {
  let value = 0;
  let dots = 0;
  let part = NO_DIGIT;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      // A leading zero means octal to inet_aton(3) and decimal to others: refused.
      if (part === 0) return undefined;
      part = Math.max(part, 0) * 10 + digit;
      if (part > 255) return undefined;
    } else {
      if (digit !== DOT - 48 || part === NO_DIGIT) return undefined;
      value = value * 256 + part;
      part = NO_DIGIT;
      dots++;
    }
  }
  return dots === 3 && part !== NO_DIGIT ? value * 256 + part : undefined;
}

const DOT = 46;
const NO_DIGIT = -1;

function renderIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function parseIpv6(text: string): AddressWords | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = ipv6Groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? ipv6Groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const word = (i: number): number => ((groups[i] as number) * 65_536 + (groups[i + 1] as number)) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

/** 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two, if `dottedTail` allows it. */
function ipv6Groups(text: string, dottedTail: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (dottedTail && i === parts.length - 1 && part.includes('.')) {
      const value = ipv4Value(part);
      if (value === undefined) return undefined;
      groups.push(value >>> 16, value & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

function renderIpv6(words: AddressWords): string {
  // RFC 5952 section 5: an IPv4-mapped address keeps its dotted form, as inet_ntop(3) prints it.
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${renderIpv4(words[3])}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= groups.length; i++) {
    if (groups[i] === 0) continue;
    if (i - start > best.length) best = { start, length: i - start };
    start = i + 1;
  }
  return best;
}
