import { endianness } from 'node:os';
import { type Address, renderAddress } from '../../core/net/address.ts';
import type { Connection } from '../../core/net/connection.ts';
import { type Port, parsePort } from '../../core/net/port.ts';
import { readProcLines } from '../files/proc-lines.ts';

/** The tables of this network namespace (proc(5)). A kernel without IPv6 lacks the second one. */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

/** include/net/tcp_states.h */
const ESTABLISHED = '01';
const LISTEN = '0A';

/** `N: LOCAL:PORT REMOTE:PORT STATE …`, all but the first in hexadecimal. */
const ROW = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) /;

export type SocketRow = {
  readonly isListening: boolean;
  readonly port: Port;
  readonly peer: Address;
  readonly peerPort: Port;
};

/**
 * Established TCP connections to services of this host: at a local port that a socket listens on. `wanted` selects.
 * BOUNDED: by `limit`; more are left out.
 */
export function readEstablishedSockets(wanted: (one: Connection) => boolean, limit: number): Connection[] {
  const listening = new Set<Port>();
  for (const row of rows()) if (row.isListening) listening.add(row.port);
  const found: Connection[] = [];
  for (const { isListening, port, peer, peerPort } of rows()) {
    if (found.length >= limit) break;
    const connection: Connection = { protocol: 'tcp', path: 'input', port, peer, peerPort };
    if (!isListening && listening.has(port) && wanted(connection)) found.push(connection);
  }
  return found;
}

function* rows(): Generator<SocketRow, void, void> {
  for (const table of TABLES) {
    try {
      for (const line of readProcLines(table)) {
        const row = readSocketRow(line);
        if (row !== undefined) yield row;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Parses a line of /proc/net/tcp or tcp6, if the socket listens or is connected. */
export function readSocketRow(line: string, order: 'LE' | 'BE' = endianness()): SocketRow | undefined {
  const [, , localPort = '', remote = '', remotePort = '', state] = ROW.exec(line) ?? [];
  if (state !== LISTEN && state !== ESTABLISHED) return undefined;
  const port = parsePort(String(Number.parseInt(localPort, 16)));
  const peer = readHexAddress(remote, order);
  if (port === undefined || peer === undefined) return undefined;
  const isListening = state === LISTEN;
  return { isListening, port, peer, peerPort: Number.parseInt(remotePort, 16) as Port };
}

/** 32-bit words in the machine's byte order. An IPv4 peer of an IPv6 socket becomes an IPv4 address. */
function readHexAddress(text: string, order: 'LE' | 'BE'): Address | undefined {
  const bytes = Buffer.from(text, 'hex');
  if (bytes.length !== 4 && bytes.length !== 16) return undefined;
  if (order === 'LE') bytes.swap32();
  const word = (at: number): number => bytes.readUInt32BE(at);
  if (bytes.length === 4) return renderAddress(4, 0, 0, 0, word(0));
  // RFC 4291 section 2.5.5.2
  const isMapped = word(0) === 0 && word(4) === 0 && word(8) === 0xffff;
  return isMapped
    ? renderAddress(4, 0, 0, 0, word(12))
    : renderAddress(6, word(0), word(4), word(8), word(12));
}
