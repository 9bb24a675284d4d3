import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';
import { libc } from '../src/host/ffi/libc.ts';

const library = koffi.load('libc.so.6');
const syscall = library.func('long syscall(long, int, int, int)') as (
  number: number,
  a: number,
  b: number,
  c: number,
) => number;

/** The same numbers on every architecture: linux/include/uapi/asm-generic/unistd.h. */
const PIDFD_OPEN = 434;
const PIDFD_GETFD = 438;
/** packet(7). */
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;

export type PacketStatistics = { readonly taken: number; readonly dropped: number };

/** How often the counters are collected, in milliseconds. */
const COLLECT_MS = 50;

/**
 * Counts what the packet sockets of a process take from now on. The kernel starts its counters again whenever
 * anybody reads them, the process itself included: collected often, hardly any of them escape.
 */
export class PacketCounter implements Disposable {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #total: PacketStatistics = { taken: 0, dropped: 0 };

  constructor(pid: number) {
    this.#pid = pid;
    readPacketStatistics(pid);
    this.#timer = setInterval(() => this.read(), COLLECT_MS);
  }

  /** Taken and dropped so far. */
  read(): PacketStatistics {
    this.#total = sum(this.#total, readPacketStatistics(this.#pid));
    return this.#total;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/**
 * What the packet sockets of another process have taken and dropped since they were last asked. The question is
 * asked at a duplicate of the socket (pidfd_getfd(2)), so that every program answers it, unknowingly, alike.
 */
export function readPacketStatistics(pid: number): PacketStatistics {
  const pidfd = syscall(PIDFD_OPEN, pid, 0, 0);
  if (pidfd < 0)
    throw new Error(`pidfd_open(2) failed on process ${pid}: it needs Linux 5.3 and a living process`);
  try {
    return packetSockets(pid)
      .map((fd) => statisticsOf(pidfd, fd))
      .reduce(sum, { taken: 0, dropped: 0 });
  } finally {
    libc.close(pidfd);
  }
}

export function hasPacketSocket(pid: number): boolean {
  return packetSockets(pid).length > 0;
}

function statisticsOf(pidfd: number, target: number): PacketStatistics {
  const fd = syscall(PIDFD_GETFD, pidfd, target, 0);
  if (fd < 0) throw new Error('pidfd_getfd(2) failed: it needs Linux 5.6 and root');
  // struct tpacket_stats_v3 is the longest: packets (with drops), drops, freezes.
  const bytes = new Uint8Array(12);
  const status = libc.getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, bytes, [bytes.length]);
  libc.close(fd);
  if (status !== 0) throw new Error('getsockopt(PACKET_STATISTICS) failed on a socket of the daemon');
  const words = new Uint32Array(bytes.buffer);
  const [packets, dropped] = [words[0] ?? 0, words[1] ?? 0];
  return { taken: packets - dropped, dropped };
}

function sum(a: PacketStatistics, b: PacketStatistics): PacketStatistics {
  return { taken: a.taken + b.taken, dropped: a.dropped + b.dropped };
}

/** File descriptors of `pid` that are packet sockets, by the inode numbers of /proc/net/packet. */
function packetSockets(pid: number): number[] {
  const table = readFileSync(`/proc/${pid}/net/packet`, 'utf8').trim().split('\n').slice(1);
  const inodes = new Set(table.map((line) => line.trim().split(/\s+/).at(-1)));
  return readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .filter((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1]));
}

function linkOf(pid: number, fd: number): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    // Closed in the meantime.
    return '';
  }
}
