import { libc } from './libc.ts';
import { lastError } from './system-call-error.ts';

/** linux/socket.h. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;

/** linux/netlink.h. */
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;

/** Opens a netlink socket (netlink(7)) and returns its descriptor. `subject` names it in errors. */
export function openNetlink(protocol: number, subject: string, flags = 0): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, protocol);
  if (fd < 0) throw lastError('socket(AF_NETLINK)', subject);
  return fd;
}

/** Joins the groups, one bit each, the first at bit 0: their messages arrive on the socket. */
export function joinGroups(fd: number, groups: number, subject: string): void {
  // struct sockaddr_nl: family u16, pad u16, port id u32 (0: the kernel chooses), groups u32.
  const address = new Uint8Array(new Uint32Array([AF_NETLINK, 0, groups]).buffer);
  if (libc.bind(fd, address, address.length) !== 0) throw lastError('bind(AF_NETLINK)', subject);
}
