import { type PortOpening, portsOn } from '../door/port-opening.ts';
import type { Protocol } from '../net/protocol.ts';
import type { Path } from './table.ts';

export type PortRange = { readonly first: number; readonly last: number };

/** One protocol's ports, ascending. Ranges neither overlap nor touch, as an nftables interval set requires. */
export type PortGroup = { readonly protocol: Protocol; readonly ranges: readonly PortRange[] };

export function groupPorts(ports: readonly PortOpening[], path: Path): PortGroup[] {
  const protocols = ['tcp', 'udp'] as const satisfies readonly Protocol[];
  return protocols
    .map((protocol) => {
      const ranges = portsOn(ports, path).filter((port) => port.protocol === protocol);
      return { protocol, ranges: joinRanges(ranges) };
    })
    .filter(({ ranges }) => ranges.length > 0);
}

export function joinRanges(ranges: readonly PortRange[]): PortRange[] {
  const joined: PortRange[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const previous = joined.at(-1);
    if (previous === undefined || first > previous.last + 1) joined.push({ first, last });
    else joined[joined.length - 1] = { first: previous.first, last: Math.max(previous.last, last) };
  }
  return joined;
}

export function renderRange({ first, last }: PortRange): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

/** One range, or an anonymous set of them. */
export function renderRanges(ranges: readonly PortRange[]): string {
  const texts = ranges.map(renderRange);
  return texts.length === 1 ? `${texts[0]}` : `{ ${texts.join(', ')} }`;
}
