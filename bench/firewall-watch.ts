/**
 * Run as a program inside the daemon's namespace: writes `in place NANOSECONDS` when rules or elements of sets
 * have, as the kernel says, come to stand in nftables (those of iptables-nft among them), with the time of day at
 * which it was told. The kernel tells after it has put them in place; waking up this process is part of the time.
 */
import { writeSync } from 'node:fs';
import { libc } from '../src/host/ffi/libc.ts';
import { lastError } from '../src/host/ffi/system-call-error.ts';

/** linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_NETFILTER = 12;
const NFNLGRP_NFTABLES = 7;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_NEWSETELEM = 12;
const HEADER_BYTES = 16;

/** asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const BUFFER_BYTES = 32 * 1024 * 1024;

/** time.h. */
const CLOCK_REALTIME = 0;

const timespec = new Uint8Array(16);
const fields = new BigInt64Array(timespec.buffer);
const bytes = new Uint8Array(65_536);
const view = new DataView(bytes.buffer);

const fd = openSocket();
// The first call of a program takes longest, and is not the daemon's.
libc.clockGettime(CLOCK_REALTIME, timespec);
hasNew(0);
writeSync(1, 'watching\n');
for (;;) {
  const length = libc.recv(fd, bytes, bytes.length, 0);
  libc.clockGettime(CLOCK_REALTIME, timespec);
  if (length < 0) throw lastError('recv', 'the netfilter netlink socket');
  const isOpening = hasNew(length);
  const nanoseconds = (fields[0] ?? 0n) * 1_000_000_000n + (fields[1] ?? 0n);
  if (isOpening) writeSync(1, `in place ${nanoseconds}\n`);
}

function hasNew(length: number): boolean {
  for (let at = 0; at + HEADER_BYTES <= length; at += (view.getUint32(at, true) + 3) & ~3) {
    const type = view.getUint16(at + 4, true);
    const isNftables = type >> 8 === NFNL_SUBSYS_NFTABLES;
    if (isNftables && ((type & 0xff) === NFT_MSG_NEWRULE || (type & 0xff) === NFT_MSG_NEWSETELEM))
      return true;
  }
  return false;
}

function openSocket(): number {
  const socket = libc.socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  if (socket < 0) throw lastError('socket(AF_NETLINK)', 'netfilter');
  const size = new Uint8Array(new Int32Array([BUFFER_BYTES]).buffer);
  libc.setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, size, size.length);
  const address = new Uint8Array(new Uint32Array([AF_NETLINK, 0, 1 << (NFNLGRP_NFTABLES - 1)]).buffer);
  if (libc.bind(socket, address, address.length) !== 0) throw lastError('bind(AF_NETLINK)', 'netfilter');
  return socket;
}
