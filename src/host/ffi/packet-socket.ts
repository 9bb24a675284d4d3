import koffi from 'koffi';
import { libc, type Pointer } from './libc.ts';
import type { FilterProgram } from './libpcap.ts';
import { lastError } from './system-call-error.ts';

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;

/** struct sock_fprog of linux/filter.h: u16 len, then the pointer at its natural alignment. */
const SOCK_FPROG_BYTES = 16;

export function setOption(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  name: string,
  subject = 'the packet capture',
): void {
  if (libc.setsockopt(fd, level, option, value, value.length) !== 0) {
    throw lastError(`setsockopt(${name})`, subject);
  }
}

export function setWordOption(fd: number, level: number, option: number, value: number, name: string): void {
  setOption(fd, level, option, new Uint8Array(new Int32Array([value]).buffer), name);
}

/** Replaces the socket's filter atomically, between two packets. */
export function attachFilter(fd: number, program: FilterProgram, subject?: string): void {
  const instructions: Pointer = koffi.alloc('uint8_t', program.bytes.length);
  try {
    new Uint8Array(koffi.view(instructions, program.bytes.length)).set(program.bytes);
    const fprog = new Uint8Array(SOCK_FPROG_BYTES);
    new Uint16Array(fprog.buffer)[0] = program.instructions;
    new BigUint64Array(fprog.buffer)[1] = koffi.address(instructions);
    setOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog, 'SO_ATTACH_FILTER', subject);
  } finally {
    koffi.free(instructions);
  }
}
