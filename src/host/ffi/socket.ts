import koffi from 'koffi';
import type { FewCalls } from './few-calls.ts';

const library = koffi.load('libc.so.6');

/** libc functions for sending. `libc.ts` has the others for sockets. */
export const sockets = {
  connect: library.func('int connect(int, const void *, uint32_t)') as FewCalls['connect'],
  sendto: library.func(
    'long sendto(int, const void *, size_t, int, const void *, uint32_t)',
  ) as FewCalls['sendto'],
  /** 0: there is no such interface. */
  ifNametoindex: library.func('uint32_t if_nametoindex(const char *)') as FewCalls['ifNametoindex'],
};
