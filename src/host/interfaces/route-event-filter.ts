import type { FilterProgram } from '../ffi/libpcap.ts';

/** linux/bpf_common.h, linux/filter.h. */
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;

/** linux/rtnetlink.h. BPF loads in network byte order what the kernel wrote in machine byte order (little-endian). */
const RTM_NEWROUTE = 24 << 8;
const RTM_DELROUTE = 25 << 8;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RTN_BROADCAST = 3;

/** struct nlmsghdr has its type at byte 4; struct rtmsg, at byte 16, has dst_len at 1 and type at 7. */
const MESSAGE_TYPE = 4;
const ROUTE_LENGTH = 17;
const ROUTE_TYPE = 23;

const PASS = 0xffff_ffff;
const DROP = 0;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * Passes route messages only for this host's addresses and, with `defaults`, for default routes. A router's other
 * routes, which may change a thousand times a second, wake nobody. Messages that are not about routes pass.
 */
export function routeEventFilter(defaults: boolean): FilterProgram {
  const instructions: Instruction[] = [
    [LOAD_HALF, 0, 0, MESSAGE_TYPE],
    [JUMP_EQUAL, 1, 0, RTM_NEWROUTE],
    [JUMP_EQUAL, 0, defaults ? 6 : 3, RTM_DELROUTE],
    [LOAD_BYTE, 0, 0, ROUTE_TYPE],
    [JUMP_EQUAL, defaults ? 4 : 1, 0, RTN_LOCAL],
    ...(defaults
      ? ([
          [JUMP_EQUAL, 3, 0, RTN_BROADCAST],
          [JUMP_EQUAL, 0, 3, RTN_UNICAST],
          [LOAD_BYTE, 0, 0, ROUTE_LENGTH],
          [JUMP_EQUAL, 0, 1, 0],
        ] as const)
      : ([[JUMP_EQUAL, 0, 1, RTN_BROADCAST]] as const)),
    [RETURN, 0, 0, PASS],
    [RETURN, 0, 0, DROP],
  ];
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [at, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    // struct sock_filter: code u16, jt u8, jf u8, k u32.
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, ifTrue);
    view.setUint8(at * 8 + 3, ifFalse);
    view.setUint32(at * 8 + 4, value, true);
  }
  return { bytes, instructions: instructions.length };
}
