import { libc } from '../ffi/libc.ts';
import type { FilterProgram } from '../ffi/libpcap.ts';
import { joinGroups, openNetlink } from '../ffi/open-netlink.ts';
import { attachFilter } from '../ffi/packet-socket.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';
import { lastErrno } from '../ffi/system-call-error.ts';

/** linux/socket.h, asm-generic/socket.h. */
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

/** The kernel joins messages up to about a page. A truncated datagram counts as a change. */
const RECEIVE_BYTES = 65_536;

/** Kernel buffer: about 5,000 messages, enough for a large ruleset or the addresses of a whole network. */
const BUFFER_BYTES = 8_388_608;

/** Datagrams read before other work gets its turn. */
const BATCH = 1024;

export type NetlinkEvents = {
  readonly protocol: number;
  /** One bit per group, the first at bit 0. */
  readonly groups: number;
  /** Selects messages. Absent: all. */
  readonly filter?: FilterProgram;
  /** Names the socket in errors. */
  readonly subject: string;
};

/**
 * Calls `onChange` after messages for which `concerns` returns true, and after an overrun (ENOBUFS), which may have
 * lost one: the callee has to read the whole state again.
 */
export function watchNetlink(
  events: NetlinkEvents,
  concerns: (bytes: Uint8Array) => boolean,
  onChange: () => void,
): Readiness {
  const fd = openEvents(events);
  const bytes = new Uint8Array(RECEIVE_BYTES);
  let readiness: Readiness;
  try {
    readiness = watchReadable(fd, (isLost) => {
      if (drain(fd, bytes, concerns) || isLost) onChange();
    });
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  return {
    ...readiness,
    close: () => {
      readiness.close();
      libc.close(fd);
    },
  };
}

/** asm-generic/errno-base.h, asm-generic/errno.h. */
const EINTR = 4;
const ENOBUFS = 105;

/** Reads what has arrived. Returns whether anything is relevant, or may be. */
function drain(fd: number, bytes: Uint8Array, concerns: (bytes: Uint8Array) => boolean): boolean {
  let isConcerned = false;
  for (let count = 0; count < BATCH; count++) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length > 0) isConcerned = concerns(bytes.subarray(0, length)) || isConcerned;
    else {
      const errno = length < 0 ? lastErrno() : 0;
      if (errno === ENOBUFS) isConcerned = true;
      else if (errno !== EINTR) break;
    }
  }
  return isConcerned;
}

function openEvents({ protocol, groups, filter, subject }: NetlinkEvents): number {
  const fd = openNetlink(protocol, subject, SOCK_NONBLOCK);
  try {
    enlargeBuffer(fd);
    if (filter !== undefined) attachFilter(fd, filter, subject);
    joinGroups(fd, groups, subject);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** More than net.core.rmem_max needs CAP_NET_ADMIN. The default buffer works too, with more overruns. */
function enlargeBuffer(fd: number): void {
  const size = new Uint8Array(new Int32Array([BUFFER_BYTES]).buffer);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length) === 0) return;
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, size.length);
}
