import koffi from 'koffi';
import type { ClientCalls } from './client-calls.ts';

const library = koffi.load('libc.so.6');

/** libc functions for sending. `libc.ts` has the others for sockets. */
export const sockets = {
  connect: library.func('int connect(int, const void *, uint32_t)') as ClientCalls['connect'],
  sendto: library.func(
    'long sendto(int, const void *, size_t, int, const void *, uint32_t)',
  ) as ClientCalls['sendto'],
  /** 0: there is no such interface. */
  ifNametoindex: library.func('uint32_t if_nametoindex(const char *)') as ClientCalls['ifNametoindex'],
};
