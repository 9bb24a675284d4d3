import { libc } from '../ffi/libc.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';
import { lastError } from '../ffi/system-call-error.ts';
import { isOthersChange } from './read-generation.ts';

/** linux/netlink.h, linux/netfilter/nfnetlink.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_NETFILTER = 12;
const NFNLGRP_NFTABLES = 7;

/** The kernel joins a transaction's messages up to a page or so; what does not fit is a change like any other. */
const RECEIVE_BYTES = 65_536;

/** A ruleset is often loaded by many small transactions: one call for all that come this soon after the first. */
const SETTLE_MS = 50;

const SUBJECT = 'the netfilter netlink socket';

/** Calls back after each change of this namespace's nftables that another process has made. */
export function watchRules(onChange: () => void): Readiness {
  const fd = openSocket();
  const bytes = new Uint8Array(RECEIVE_BYTES);
  let settling: NodeJS.Timeout | undefined;
  const readiness = watchReadable(fd, () => {
    if (!drain(fd, bytes)) return;
    settling ??= setTimeout(() => {
      settling = undefined;
      onChange();
    }, SETTLE_MS);
  });
  return {
    ...readiness,
    close: () => {
      clearTimeout(settling);
      readiness.close();
      libc.close(fd);
    },
  };
}

/** Reads all there is, and tells whether it was somebody else's. What the kernel could not hold (ENOBUFS) may have been. */
function drain(fd: number, bytes: Uint8Array): boolean {
  let others = false;
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length > 0) others = isOthersChange(bytes.subarray(0, length), process.pid) || others;
    else {
      const { code } = lastError('recv', SUBJECT);
      if (length < 0 && code === 'ENOBUFS') others = true;
      else if (length < 0 && code === 'EINTR') continue;
      else return others;
    }
  }
}

function openSocket(): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
  if (fd < 0) throw lastError('socket(AF_NETLINK)', SUBJECT);
  // struct sockaddr_nl: family u16, pad u16, port id u32 (0: the kernel chooses), groups u32, a bit for each.
  const address = new Uint8Array(new Uint32Array([AF_NETLINK, 0, 1 << (NFNLGRP_NFTABLES - 1)]).buffer);
  if (libc.bind(fd, address, address.length) !== 0) {
    const error = lastError('bind(AF_NETLINK)', SUBJECT);
    libc.close(fd);
    throw error;
  }
  return fd;
}
