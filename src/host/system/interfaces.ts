import type { Address } from '../../core/net/address.ts';
import type { HostInterface } from '../../core/net/host-interface.ts';
import { libc } from '../ffi/libc.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';
import { lastError, SystemCallError } from '../ffi/system-call-error.ts';
import { type NetlinkRow, readNetlink } from './read-netlink.ts';

/** linux/netlink.h and linux/rtnetlink.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV4_ROUTE = 0x40;
const RTMGRP_IPV6_IFADDR = 0x100;
const RTMGRP_IPV6_ROUTE = 0x400;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_HEADER_BYTES = 16;

/** The kernel fills dumps with messages of up to 32 KiB (netlink_recvmsg). */
const RECEIVE_BYTES = 65_536;

const SUBJECT = 'the routing netlink socket';

/** A router's table may hold a million routes: they are read and followed only by who asks for them. */
export type InterfaceQuery = { readonly routes: boolean };

/** All interfaces with their addresses, as the kernel has them now. Without `routes`, none holds a default route. */
export function readInterfaces({ routes }: InterfaceQuery): HostInterface[] {
  const fd = openSocket(SOCK_CLOEXEC, 0);
  try {
    const types = routes ? [RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE] : [RTM_GETLINK, RTM_GETADDR];
    const rows = types.flatMap((type) => dump(fd, type));
    return assemble(rows);
  } finally {
    libc.close(fd);
  }
}

/** Calls back after every change of a link, an address or a route; what it was, `readInterfaces` tells. */
export function watchInterfaces({ routes }: InterfaceQuery, onChange: () => void): Readiness {
  const links = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  const groups = routes ? links | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE : links;
  const fd = openSocket(SOCK_CLOEXEC | SOCK_NONBLOCK, groups);
  const bytes = new Uint8Array(RECEIVE_BYTES);
  const readiness = watchReadable(fd, () => {
    // An overrun (ENOBUFS) is a change like any other: the whole state is read again.
    while (libc.recv(fd, bytes, bytes.length, 0) > 0);
    onChange();
  });
  return {
    ...readiness,
    close: () => {
      readiness.close();
      libc.close(fd);
    },
  };
}

function openSocket(flags: number, groups: number): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | flags, NETLINK_ROUTE);
  if (fd < 0) throw lastError('socket(AF_NETLINK)', SUBJECT);
  // struct sockaddr_nl: family u16, pad u16, port id u32 (0: the kernel chooses), groups u32.
  const address = new Uint8Array(new Uint32Array([AF_NETLINK, 0, groups]).buffer);
  if (libc.bind(fd, address, address.length) !== 0) {
    const error = lastError('bind(AF_NETLINK)', SUBJECT);
    libc.close(fd);
    throw error;
  }
  return fd;
}

function dump(fd: number, type: number): NetlinkRow[] {
  // struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port id u32; then struct rtgenmsg, all families.
  const request = new Uint8Array(NLMSG_HEADER_BYTES + 4);
  new Uint32Array(request.buffer)[0] = request.length;
  new Uint16Array(request.buffer).set([type, NLM_F_REQUEST_DUMP], 2);
  if (libc.send(fd, request, request.length, 0) < 0) throw lastError('send', SUBJECT);
  const rows: NetlinkRow[] = [];
  const bytes = new Uint8Array(RECEIVE_BYTES);
  for (;;) {
    const length = libc.recv(fd, bytes, bytes.length, 0);
    if (length < 0) {
      const error = lastError('recv', SUBJECT);
      if (error.code === 'EINTR') continue;
      throw error;
    }
    const answer = readNetlink(bytes.subarray(0, length));
    if (answer.errno !== 0) throw new SystemCallError('dump', SUBJECT, answer.errno);
    rows.push(...answer.rows);
    if (answer.done) return rows;
  }
}

function assemble(rows: readonly NetlinkRow[]): HostInterface[] {
  const addresses = new Map<number, Address[]>();
  const withDefaultRoute = new Set<number>();
  for (const row of rows) {
    if (row.kind === 'default-route') withDefaultRoute.add(row.index);
    else if (row.kind === 'address') {
      addresses.set(row.index, [...(addresses.get(row.index) ?? []), row.address]);
    }
  }
  return rows
    .filter((row) => row.kind === 'link')
    .map(({ index, name, up }) => ({
      index,
      name,
      up,
      addresses: addresses.get(index) ?? [],
      defaultRoute: withDefaultRoute.has(index),
    }));
}
