import type { DoorSpec } from '../../core/door/door.ts';
import type { PortOpening } from '../../core/door/port-opening.ts';
import { type Port, parsePort } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';

/** A port that a door exists for. */
export type HiddenPort = {
  readonly protocol: Protocol;
  readonly port: Port;
  readonly path: PortOpening['path'];
  /** Bussa opens and closes it itself; otherwise the door's commands do. */
  readonly isNative: boolean;
};

/** BOUNDED: ports judged, of all the ports of all doors. */
const MAX_PORTS = 64;

/**
 * The ports that doors name, and those in their commands, such as `--dport 22` of iptables or `tcp dport 22` of nft.
 */
export function hiddenPorts(doors: readonly DoorSpec[]): readonly HiddenPort[] {
  const all = doors.flatMap(({ opening }) => [
    ...(opening.ports ?? []).flatMap(spread),
    ...portsIn(opening.commands[4].start),
    ...portsIn(opening.commands[6].start),
  ]);
  const byName = new Map(all.map((port) => [`${port.protocol}/${port.port}`, port]));
  return [...byName.values()].slice(0, MAX_PORTS);
}

function spread({ protocol, first, last, path }: PortOpening): HiddenPort[] {
  const count = Math.min(last - first + 1, MAX_PORTS);
  return Array.from({ length: count }, (_, i) => ({
    protocol,
    port: (first + i) as Port,
    path,
    isNative: true,
  }));
}

function portsIn(command = ''): HiddenPort[] {
  return [...command.matchAll(/\b(?:dport|dports|destination-port)[ =]+([0-9]{1,5})\b/g)].flatMap(
    ([, text = '']) => {
      const port = parsePort(text);
      const protocol = /\budp\b/.test(command) ? 'udp' : 'tcp';
      return port === undefined ? [] : [{ protocol, port, path: 'input', isNative: false }];
    },
  );
}
