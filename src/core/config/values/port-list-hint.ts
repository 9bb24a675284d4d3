/** BOUNDED: ports of a range that are listed. */
const MOST_SHOWN = 8;

/**
 * A remedy for a word that is not a port but looks like several, or has its protocol in another place. `separator`:
 * what separates ports here.
 */
export function portListHint(text: string, separator: 'blanks' | 'commas'): string | undefined {
  const plain = text.normalize('NFKC').trim();
  const write = (ports: readonly string[]): string =>
    `separate the ports with ${separator}, ${ports.slice(0, MOST_SHOWN).join(separator === 'blanks' ? ' ' : ',')}${ports.length > MOST_SHOWN ? ' …' : ''}`;
  const [, first, protocol] = /^([0-9]{1,5})[/,;.]([tu](?:cp|dp))$/i.exec(plain) ?? [];
  if (first !== undefined && protocol !== undefined) return `write ${first}:${protocol.toLowerCase()}`;
  const [, before, port] = /^(tcp|udp)[/:]([0-9]{1,5})$/i.exec(plain) ?? [];
  if (before !== undefined && port !== undefined) return `write ${port}:${before.toLowerCase()}`;
  const [, from, to] = /^([0-9]{1,5})(?:-|\.\.|\u2013)([0-9]{1,5})$/.exec(plain) ?? [];
  if (from !== undefined && to !== undefined) {
    const ports = Array.from(
      { length: Math.min(MOST_SHOWN + 1, Math.abs(Number(to) - Number(from)) + 1) },
      (_, i) => String(Number(from) + (Number(to) < Number(from) ? -i : i)),
    );
    return `a range is not a knock, ${write(ports)}`;
  }
  if (/:(?:tcp|udp):/i.test(plain)) return undefined;
  const [, alone, sign] = /^([0-9]{1,5}(?::(?:tcp|udp))?)([,;])$/i.exec(plain) ?? [];
  if (alone !== undefined && sign !== undefined && separator === 'blanks')
    return `separate the ports with blanks alone, write ${alone} without the ${sign}`;
  if (!/^[0-9]{1,5}(?::(?:tcp|udp))?(?:[\s,;:|/+&>\u3001]+[0-9]{1,5}(?::(?:tcp|udp))?)+[,;]?$/i.test(plain)) {
    return plain !== text && /^[0-9]{1,5}$/.test(plain) ? `write ${plain} in plain digits` : undefined;
  }
  return write(plain.match(/[0-9]+(?::(?:tcp|udp))?/gi) ?? []);
}
