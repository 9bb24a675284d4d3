import koffi, { type LibraryHandle } from 'koffi';
import type { Pointer } from './libc.ts';

/** pcap(3PCAP): packets that begin with their IP header. */
const DLT_RAW = 12;

/** linux/filter.h: struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; } */
const INSTRUCTION_BYTES = 8;

/** linux/bpf_common.h: BPF_MAXINSNS. */
const MAX_INSTRUCTIONS = 4096;

const NETMASK_UNKNOWN = 0xffffffff;

/** A classic BPF program in the kernel's form, an array of `struct sock_filter`. */
export type FilterProgram = { readonly bytes: Uint8Array; readonly instructions: number };

/** A program that passes nothing: BPF_RET | BPF_K with 0. */
export const PASS_NOTHING: FilterProgram = {
  bytes: new Uint8Array([0x06, 0, 0, 0, 0, 0, 0, 0]),
  instructions: 1,
};

/**
 * Compiles a pcap-filter(7) expression for packets that begin with their IP header. `snapLength` bytes of each passed
 * packet are kept. Throws libpcap's message if the expression is wrong or the library is missing.
 */
export function compileFilter(expression: string, snapLength: number): FilterProgram {
  if (expression === '') return PASS_NOTHING;
  const pcap = library();
  const handle = pcap.openDead(DLT_RAW, snapLength);
  if (handle === null) throw new LibpcapError('libpcap: pcap_open_dead: out of memory');
  const program: { bf_len?: number; bf_insns?: Pointer } = {};
  try {
    if (pcap.compile(handle, program, expression, 1, NETMASK_UNKNOWN) !== 0) {
      throw new LibpcapError(
        `libpcap cannot compile the capture filter: ${pcap.error(handle)} in: ${expression}`,
      );
    }
    return copyProgram(program.bf_len ?? 0, program.bf_insns);
  } finally {
    if (program.bf_insns !== undefined) pcap.freeCode(program);
    pcap.close(handle);
  }
}

function copyProgram(instructions: number, pointer: Pointer): FilterProgram {
  if (instructions > MAX_INSTRUCTIONS) {
    throw new LibpcapError(
      `the capture filter has ${instructions} instructions; the kernel accepts ${MAX_INSTRUCTIONS}`,
    );
  }
  const bytes = new Uint8Array(koffi.view(pointer, instructions * INSTRUCTION_BYTES)).slice();
  return { bytes, instructions };
}

/** libpcap is missing, or cannot compile the expression. The message says which, and what to do. */
export class LibpcapError extends Error {
  override readonly name = 'LibpcapError';
}

type Libpcap = {
  readonly openDead: (linkType: number, snapLength: number) => Pointer;
  readonly compile: (
    handle: Pointer,
    program: object,
    expression: string,
    optimize: number,
    netmask: number,
  ) => number;
  readonly error: (handle: Pointer) => string;
  readonly freeCode: (program: object) => void;
  readonly close: (handle: Pointer) => void;
};

let loaded: Libpcap | undefined;

function library(): Libpcap {
  loaded ??= load();
  return loaded;
}

function load(): Libpcap {
  const library = openLibrary();
  koffi.struct('bpf_program', { bf_len: 'uint', bf_insns: 'void *' });
  return {
    openDead: library.func('void *pcap_open_dead(int, int)'),
    compile: library.func('int pcap_compile(void *, _Out_ bpf_program *, const char *, int, uint32_t)'),
    error: library.func('const char *pcap_geterr(void *)'),
    freeCode: library.func('void pcap_freecode(bpf_program *)'),
    close: library.func('void pcap_close(void *)'),
  };
}

function openLibrary(): LibraryHandle {
  try {
    return koffi.load('libpcap.so.0.8');
  } catch {
    try {
      return koffi.load('libpcap.so.1');
    } catch (error) {
      throw new LibpcapError(
        'libpcap is not installed, and the capture filter cannot be compiled without it: ' +
          'install the package libpcap0.8 (Debian, Ubuntu) or libpcap (others)',
        { cause: error },
      );
    }
  }
}
