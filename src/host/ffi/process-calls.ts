import koffi from 'koffi';
import { lastError, SystemCallError } from './system-call-error.ts';

const library = koffi.load('libc.so.6');

// prctl(2) and fcntl(2) are variadic in C. With fixed arguments the ABI is the same.
const prctl = library.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as (
  option: number,
  ...rest: readonly [number, number, number, number]
) => number;
const fcntl = library.func('int fcntl(int, int, int)') as (
  fd: number,
  command: number,
  value: number,
) => number;
const capset = library.func('int capset(const void *, const void *)') as (
  header: Uint8Array,
  sets: Uint8Array,
) => number;
const capget = library.func('int capget(const void *, _Out_ void *)') as (
  header: Uint8Array,
  sets: Uint8Array,
) => number;
const setName = library.func('int prctl(int, const char *, unsigned long, unsigned long, unsigned long)') as (
  option: number,
  name: string,
  ...rest: readonly [number, number, number]
) => number;
const memfdCreate = library.func('int memfd_create(const char *, unsigned int)') as (
  name: string,
  flags: number,
) => number;

/** linux/prctl.h */
const PR_SET_NAME = 15;
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_LOWER = 3;

/** linux/capability.h: two words of 32 bits for each set. */
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/** fcntl.h */
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Each set is a mask: bit N stands for capability N of linux/capability.h. */
export type CapabilityMasks = {
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
};

/** capget(2), for the calling thread. */
export function readCapabilities(): CapabilityMasks {
  const sets = new Uint32Array(6);
  const bytes = new Uint8Array(sets.buffer);
  if (capget(capabilityHeader(), bytes) !== 0) throw lastError('capget', 'this process');
  const mask = (word: number): bigint => BigInt(sets[word] ?? 0) | (BigInt(sets[word + 3] ?? 0) << 32n);
  return { effective: mask(0), permitted: mask(1), inheritable: mask(2) };
}

const capabilityHeader = (): Uint8Array =>
  new Uint8Array(new Uint32Array([LINUX_CAPABILITY_VERSION_3, 0]).buffer);

/** For the calling thread. False for a capability that this kernel does not know. */
export function isInBoundingSet(capability: number): boolean {
  return prctl(PR_CAPBSET_READ, capability, 0, 0, 0) === 1;
}

/** For the calling thread. False for a capability that this kernel does not know. */
export function isAmbient(capability: number): boolean {
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) === 1;
}

/** For the calling thread. */
export function hasNoNewPrivileges(): boolean {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) === 1;
}

/** Names the calling thread. The first thread's name is the process's. Longer names are cut to 15 bytes. */
export function nameThread(name: string): void {
  setName(PR_SET_NAME, name, 0, 0, 0);
}

/** capset(2), for the calling thread: the kernel keeps these sets per thread. */
export function setCapabilities({ effective, permitted, inheritable }: CapabilityMasks): void {
  const sets = [0n, 32n].flatMap((shift) =>
    [effective, permitted, inheritable].map((mask) => Number((mask >> shift) & 0xffff_ffffn)),
  );
  if (capset(capabilityHeader(), new Uint8Array(new Uint32Array(sets).buffer)) !== 0) {
    throw lastError('capset', 'this process');
  }
}

/** For the calling thread and what it executes or starts. False without CAP_SETPCAP. */
export function dropFromBoundingSet(capability: number): boolean {
  return done(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), 'prctl(PR_CAPBSET_DROP)', 'EPERM');
}

/** For the calling thread and what it executes or starts. */
export function lowerAmbient(capability: number): void {
  done(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, capability, 0, 0), 'prctl(PR_CAP_AMBIENT_LOWER)');
}

/**
 * For the calling thread and what it executes or starts, permanently: setuid programs and file capabilities add
 * nothing.
 */
export function setNoNewPrivileges(): void {
  done(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl(PR_SET_NO_NEW_PRIVS)');
}

/** Keeps the descriptor open across execve(2). False: there is no such descriptor. */
export function keepThroughExec(fd: number): boolean {
  return done(fcntl(fd, F_SETFD, 0), 'fcntl(F_SETFD)', 'EBADF');
}

/** Closes the descriptor at execve(2). False: there is no such descriptor. */
export function closeAtExec(fd: number): boolean {
  return done(fcntl(fd, F_SETFD, FD_CLOEXEC), 'fcntl(F_SETFD)', 'EBADF');
}

/** An empty, unnamed file in memory. The caller owns the descriptor. */
export function createMemoryFile(name: string): number {
  const fd = memfdCreate(name, 0);
  if (fd < 0) throw lastError('memfd_create', name);
  return fd;
}

function done(result: number, call: string, tolerated?: string): boolean {
  if (result >= 0) return true;
  const error = lastError(call, 'this process');
  if (error instanceof SystemCallError && error.code === tolerated) return false;
  throw error;
}
