import { type Address, parseAddress } from '../../core/net/address.ts';
import type { Connection } from '../../core/net/connection.ts';
import { type Port, parsePort } from '../../core/net/port.ts';
import { parseProtocol } from '../../core/net/protocol.ts';
import { readProcLines } from '../files/proc-lines.ts';

/** The kernel's connection tracking of this network namespace. Not every kernel is built with it. */
const TABLE = '/proc/self/net/nf_conntrack';

/** Both directions of a flow, the original one first: `src=… dst=… sport=… dport=…`. */
const DIRECTION = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;

/**
 * Answered connections: `input` to addresses of this host, `forward` if this host translates them to another. `wanted`
 * selects. BOUNDED: by `limit`. Throws if the kernel has no such table.
 */
export function readTrackedConnections(
  isOwn: (address: Address) => boolean,
  wanted: (one: Connection) => boolean,
  limit: number,
): Connection[] {
  const found: Connection[] = [];
  for (const line of readProcLines(TABLE)) {
    if (found.length >= limit) break;
    const connection = readTrackedRow(line, isOwn);
    if (connection !== undefined && wanted(connection)) found.push(connection);
  }
  return found;
}

/** Parses a line of /proc/net/nf_conntrack (net/netfilter/nf_conntrack_standalone.c). */
export function readTrackedRow(line: string, isOwn: (address: Address) => boolean): Connection | undefined {
  const protocol = parseProtocol(line.split(/\s+/, 3)[2] ?? '');
  if (protocol === undefined || line.includes('[UNREPLIED]')) return undefined;
  if (protocol === 'tcp' && !line.includes(' ESTABLISHED ')) return undefined;
  const [original, reply] = [...line.matchAll(DIRECTION)];
  if (original === undefined || reply === undefined) return undefined;
  const peer = parseAddress(original[1] ?? '');
  const server = parseAddress(original[2] ?? '');
  const answerer = parseAddress(reply[1] ?? '');
  const peerPort = Number(original[3]) as Port;
  const port = parsePort(original[4] ?? '');
  if (peer === undefined || server === undefined || answerer === undefined || port === undefined) {
    return undefined;
  }
  if (isOwn(answerer)) return { protocol, path: 'input', port, peer, peerPort };
  const isTranslated = answerer !== server || reply[3] !== original[4];
  return isTranslated ? { protocol, path: 'forward', port, peer, peerPort } : undefined;
}
