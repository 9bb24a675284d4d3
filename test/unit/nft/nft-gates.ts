import type { PortOpening } from '../../../src/core/door/port-opening.ts';
import { type Address, parseAddress } from '../../../src/core/net/address.ts';
import { parsePort } from '../../../src/core/net/port.ts';
import { seconds } from '../../../src/core/net/time.ts';
import type { NftGate, NftGrant } from '../../../src/core/nft/gate.ts';

/** `tcp/22, udp/8000-8010 forward` */
export function gate(door: string, ports: string, singleUse = false): NftGate {
  return { door, ports: ports.split(', ').map(opening), singleUse };
}

export function grant(door: string, source: string, left = 60): NftGrant {
  return { door, source: address(source), left: seconds(left) };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

function opening(text: string): PortOpening {
  const [, protocol, first = '', last = first, forward] =
    /^(tcp|udp)\/(\d+)(?:-(\d+))?( forward)?$/.exec(text) ?? [];
  const [from, to] = [parsePort(first), parsePort(last)];
  if ((protocol !== 'tcp' && protocol !== 'udp') || from === undefined || to === undefined) {
    throw new Error(`no ports: ${text}`);
  }
  return { protocol, first: from, last: to, path: forward === undefined ? 'input' : 'forward' };
}
