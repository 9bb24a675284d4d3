import koffi from 'koffi';

const recv = koffi.load('libc.so.6').func('long recv(int, _Out_ void *, size_t, int)');

/**
 * recv(2) on a pool thread, for answers that the kernel takes long to write. Negative on failure; the errno stays on
 * that thread. `bytes` must not be touched until it resolves.
 */
export function receiveOnPoolThread(fd: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    recv.async(fd, bytes, bytes.length, 0, (error: unknown, length: number) => {
      if (error === null || error === undefined) resolve(length);
      else reject(error);
    });
  });
}
