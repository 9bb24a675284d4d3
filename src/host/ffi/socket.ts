import koffi from 'koffi';

const library = koffi.load('libc.so.6');

/** libc functions for sending. `libc.ts` has the others for sockets. */
export const sockets = {
  connect: library.func('int connect(int, const void *, uint32_t)') as (
    fd: number,
    address: Uint8Array,
    length: number,
  ) => number,
  sendto: library.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)') as (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number,
  /** 0: there is no such interface. */
  ifNametoindex: library.func('uint32_t if_nametoindex(const char *)') as (name: string) => number,
};
