import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Protocol } from '../../core/net/protocol.ts';
import { readProcLines } from '../files/proc-lines.ts';

/** proc(5), /proc/net/tcp: the state TCP_LISTEN. An unconnected UDP socket has the number of TCP_CLOSE. */
const LISTEN = '0A';
const UNCONNECTED = '07';

/** BOUNDED: bytes read of each table, about 50,000 sockets. */
const MAX_BYTES = 8 * 1024 * 1024;

/** 127.0.0.0/8 and ::1, and the first one mapped into IPv6, as 32-bit words in machine byte order. */
const LOOPBACK =
  endianness() === 'LE'
    ? /^(?:0{16}FFFF0000)?[0-9A-F]{6}7F:|^0{24}01000000:/
    : /^(?:0{20}FFFF)?7F[0-9A-F]{6}:|^0{31}1:/;
const isLoopback = (local: string): boolean => LOOPBACK.test(local);

/** Documentation/networking/ip-sysctl.rst, `ip_local_port_range`. */
const DEFAULT_EPHEMERAL = { first: 32_768, last: 60_999 } as const;

/**
 * Ports on which a socket of this network namespace listens, ascending. `listTcp`: a faster way to find those of TCP, if
 * this process has loaded what it takes.
 */
export function readServedPorts(
  listTcp: () => readonly number[] | undefined = () => undefined,
): readonly number[] {
  const listed = listTcp();
  const ports = new Set<number>(listed);
  if (listed === undefined)
    for (const table of ['tcp', 'tcp6']) addPorts(`/proc/net/${table}`, LISTEN, true, ports);
  for (const table of ['udp', 'udp6']) addPorts(`/proc/net/${table}`, UNCONNECTED, false, ports);
  return [...ports].sort((a, b) => a - b);
}

/** The same for one protocol, without ports that only this host can reach. */
export function readServedBy(protocol: Protocol): ReadonlySet<number> {
  const ports = new Set<number>();
  const [state, ordered] = protocol === 'tcp' ? [LISTEN, true] : [UNCONNECTED, false];
  for (const table of [protocol, `${protocol}6`])
    addPorts(`/proc/net/${table}`, state, ordered, ports, isLoopback);
  return ports;
}

/** The ports from which the kernel chooses for outgoing connections. */
export function readEphemeralPorts(): { readonly first: number; readonly last: number } {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return first === undefined || last === undefined ? DEFAULT_EPHEMERAL : { first, last };
  } catch {
    // A service manager may hide it.
    return DEFAULT_EPHEMERAL;
  }
}

/**
 * Adds the local ports of rows in this state. `ordered`: these rows come first, as in the tables of TCP, whose
 * connections, perhaps a hundred thousand, are then not read.
 */
function addPorts(
  path: string,
  state: string,
  ordered: boolean,
  ports: Set<number>,
  passedOver: (local: string) => boolean = () => false,
): void {
  const lines = tableLines(path);
  // Skip the heading.
  lines.next();
  for (const line of lines) {
    const [, local = '', , found] = line.trim().split(/\s+/, 4);
    if (found === state && passedOver(local)) continue;
    if (found === state) ports.add(Number.parseInt(local.slice(local.indexOf(':') + 1), 16));
    else if (ordered) return;
  }
}

/** A kernel without IPv6 lacks the tables of IPv6. */
function* tableLines(path: string): Generator<string, void, void> {
  try {
    yield* readProcLines(path, MAX_BYTES);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
