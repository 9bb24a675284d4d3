import type { PortOpening } from '../../src/core/door/port-opening.ts';
import type { Gate } from '../../src/host/firewall/contract/firewall.ts';

/** `tcp/22, udp/8000-8010 forward` */
export const gate = (door: string, ports: string, singleUse = false): Gate => ({
  door,
  ports: ports.split(', ').map(port) as unknown as Gate['ports'],
  singleUse,
});

function port(text: string): PortOpening {
  const [, protocol, first, last, forward] = /^(tcp|udp)\/(\d+)(?:-(\d+))?( forward)?$/.exec(text) ?? [];
  return {
    protocol: protocol as 'tcp',
    first: Number(first) as PortOpening['first'],
    last: Number(last ?? first) as PortOpening['last'],
    path: forward === undefined ? 'input' : 'forward',
  };
}
