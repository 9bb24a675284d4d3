import type { Port } from '../../core/net/port.ts';
import type { Protocol } from '../../core/net/protocol.ts';
import type { ClientCalls } from '../ffi/client-calls.ts';
import { type Destination, renderDestination } from './destination.ts';
import { type KnockError, knockErrorOf } from './knock-error.ts';
import { AF_INET, AF_INET6, renderSocketAddress } from './socket-address.ts';

// <bits/socket_type.h>, <asm-generic/socket.h>
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;

/** The payload of a UDP knock, as the C client sends it. */
const ONE_NUL = new Uint8Array(1);

/** Sends knocks to one destination. */
export interface KnockSocket {
  /** `undefined`: the kernel accepted the packet. Never waits for an answer. */
  send(protocol: Protocol, port: Port): KnockError | undefined;
}

/** Checks that the interface and the zone exist. Every knock then uses its own socket. */
export function openKnockSocket(
  calls: ClientCalls,
  to: Destination,
  interfaceName: string | undefined,
): KnockSocket | KnockError {
  if (interfaceName !== undefined) {
    const index = interfaceIndex(calls, interfaceName);
    if (typeof index !== 'number') return index;
  }
  const scope = to.zone === undefined ? 0 : zoneIndex(calls, to.zone);
  if (typeof scope !== 'number') return scope;
  return { send: (protocol, port) => sendKnock(calls, to, protocol, port, scope, interfaceName) };
}

function interfaceIndex(calls: ClientCalls, name: string): number | KnockError {
  const index = calls.ifNametoindex(name);
  return index === 0 ? lastError(calls, 'if_nametoindex', name) : index;
}

/** A zone is an interface's name or number (RFC 4007 section 11.2). */
function zoneIndex(calls: ClientCalls, zone: string): number | KnockError {
  return /^[1-9][0-9]{0,8}$/.test(zone) ? Number(zone) : interfaceIndex(calls, zone);
}

const lastError = (calls: ClientCalls, call: string, subject: string): KnockError =>
  knockErrorOf(call, subject, calls.errno());

function sendKnock(
  calls: ClientCalls,
  to: Destination,
  protocol: Protocol,
  port: Port,
  scope: number,
  interfaceName: string | undefined,
): KnockError | undefined {
  const subject = `${protocol} ${renderDestination(to)}:${port}`;
  const type = (protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = calls.socket(to.family === 4 ? AF_INET : AF_INET6, type, 0);
  if (fd < 0) return lastError(calls, 'socket', subject);
  try {
    if (interfaceName !== undefined) {
      const name = Buffer.from(`${interfaceName}\0`);
      if (calls.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) !== 0) {
        return lastError(calls, 'setsockopt(SO_BINDTODEVICE)', interfaceName);
      }
    }
    const address = renderSocketAddress(to, port, scope);
    return protocol === 'tcp'
      ? connectOnce(calls, fd, address, subject)
      : sendNul(calls, fd, address, subject);
  } finally {
    calls.close(fd);
  }
}

/** Sends only a SYN: closing the socket ends the attempt before any retransmission. */
function connectOnce(
  calls: ClientCalls,
  fd: number,
  address: Uint8Array,
  subject: string,
): KnockError | undefined {
  if (calls.connect(fd, address, address.length) === 0) return undefined;
  const error = lastError(calls, 'connect', subject);
  // A refusal is the answer to a SYN that was sent. On loopback it arrives before connect(2) returns.
  return error.code === 'EINPROGRESS' || error.code === 'ECONNREFUSED' ? undefined : error;
}

function sendNul(
  calls: ClientCalls,
  fd: number,
  address: Uint8Array,
  subject: string,
): KnockError | undefined {
  const sent = calls.sendto(fd, ONE_NUL, ONE_NUL.length, 0, address, address.length);
  return sent === ONE_NUL.length ? undefined : lastError(calls, 'sendto', subject);
}
