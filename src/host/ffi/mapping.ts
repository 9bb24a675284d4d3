import koffi from 'koffi';
import { libc } from './libc.ts';
import { lastError } from './system-call-error.ts';

const PROT_READ_WRITE = 0x3;
const MAP_SHARED = 0x1;
const MAP_POPULATE = 0x8000;
const MAP_FAILED = 0xffffffffffffffffn;

/** Kernel memory as an ArrayBuffer. It must not be touched after `unmap`. */
export type Mapping = { readonly buffer: ArrayBuffer; readonly unmap: () => void };

/** Maps the first `length` bytes of `fd`, shared and writable. */
export function mapShared(fd: number, length: number, subject: string): Mapping {
  const pointer = libc.mmap(null, length, PROT_READ_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (pointer === null || koffi.address(pointer) === MAP_FAILED) throw lastError('mmap', subject);
  return {
    buffer: koffi.view(pointer, length),
    unmap: () => {
      if (libc.munmap(pointer, length) !== 0) throw lastError('munmap', subject);
    },
  };
}
