import koffi from 'koffi';

const library = koffi.load('libc.so.6');

// Declared with one fixed argument: koffi cannot call variadic functions asynchronously, and the ABI is the same.
const syslog = library.func('void syslog(int, const char *, const char *)');

/** A C pointer, as koffi represents it. */
export type Pointer = unknown;

/** A C string that stays in memory as long as the process lives. */
export function persistentString(text: string): Pointer {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const pointer: Pointer = koffi.alloc('uint8_t', bytes.length);
  new Uint8Array(koffi.view(pointer, bytes.length)).set(bytes);
  return pointer;
}

/** libc functions for the host layer. Each returns what its man page says. */
export const libc = {
  socket: library.func('int socket(int, int, int)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number,
  bind: library.func('int bind(int, const void *, uint32_t)') as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number,
  setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)') as (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number,
  ) => number,
  getsockopt: library.func('int getsockopt(int, int, int, _Out_ void *, _Inout_ uint32_t *)') as (
    fd: number,
    level: number,
    option: number,
    value: Uint8Array,
    length: number[],
  ) => number,
  mmap: library.func('void *mmap(void *, size_t, int, int, int, long)') as (
    address: null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => Pointer,
  munmap: library.func('int munmap(void *, size_t)') as (address: Pointer, length: number) => number,
  madvise: library.func('int madvise(uint64_t, size_t, int)') as (
    address: bigint,
    length: bigint,
    advice: number,
  ) => number,
  mallopt: library.func('int mallopt(int, int)') as (parameter: number, value: number) => number,
  mallocTrim: library.func('int malloc_trim(size_t)') as (kept: number) => number,
  getrandom: library.func('long getrandom(_Out_ void *, size_t, unsigned int)') as (
    bytes: Uint8Array,
    length: number,
    flags: number,
  ) => number,
  close: library.func('int close(int)') as (fd: number) => number,
  dup2: library.func('int dup2(int, int)') as (from: number, to: number) => number,
  send: library.func('long send(int, const void *, size_t, int)') as (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
  ) => number,
  recv: library.func('long recv(int, _Out_ void *, size_t, int)') as (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
  ) => number,
  getxattr: library.func('long getxattr(const char *, const char *, _Out_ void *, size_t)') as (
    path: string,
    name: string,
    value: Uint8Array,
    length: number,
  ) => number,
  getpgrp: library.func('int getpgrp()') as () => number,
  tcgetpgrp: library.func('int tcgetpgrp(int)') as (fd: number) => number,
  tcflush: library.func('int tcflush(int, int)') as (fd: number, queue: number) => number,
  flock: library.func('int flock(int, int)') as (fd: number, operation: number) => number,
  openlog: library.func('void openlog(const char *, int, int)') as (
    identity: Pointer,
    options: number,
    facility: number,
  ) => void,
  /** syslog(3) on a pool thread: it blocks while the system's log does not read. */
  syslogAsync: syslog.async as (priority: number, format: string, text: string, done: () => void) => void,
  clockGettime: library.func('int clock_gettime(int, _Out_ void *)') as (
    clock: number,
    timespec: Uint8Array,
  ) => number,
};
