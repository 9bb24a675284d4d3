/** Where the first ill-formed byte sequence begins (RFC 3629 section 4); `undefined`: all is UTF-8. */
export function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  let index = 0;
  while (index < bytes.length) {
    const length = wellFormedLength(bytes, index);
    if (length === 0) return index;
    index += length;
  }
  return undefined;
}

/** Length in bytes of the character at `index`; 0: there is none. */
function wellFormedLength(bytes: Uint8Array, index: number): number {
  const lead = bytes[index] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0) return 0;
  const second = bytes[index + 1] ?? 0;
  if (second < lowestSecond(lead) || second > highestSecond(lead)) return 0;
  for (let i = 2; i < length; i++) {
    if (((bytes[index + i] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** Overlong forms are not UTF-8. */
function lowestSecond(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
}

/** Surrogates, and code points above U+10FFFF, are not UTF-8. */
function highestSecond(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
}
