import { libc } from '../ffi/libc.ts';
import { compileFilter, type FilterProgram } from '../ffi/libpcap.ts';
import { type Mapping, mapShared } from '../ffi/mapping.ts';
import { attachFilter, setOption, setWordOption } from '../ffi/packet-socket.ts';
import { type Readiness, watchReadable } from '../ffi/readiness.ts';
import { lastError } from '../ffi/system-call-error.ts';
import { type Capture, type CaptureCounters, Frame } from './capture.ts';

/** linux/if_packet.h and linux/socket.h. */
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_IGNORE_OUTGOING = 23;
const TPACKET_V2 = 1;
const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
const TP_STATUS_VLAN_VALID = 0x10;
const PACKET_HOST = 0;
const ETH_P_ALL_BIG_ENDIAN = [0x00, 0x03] as const;

/** struct tpacket2_hdr, in 32-bit words, and the struct sockaddr_ll after it (TPACKET_ALIGN of 32 bytes). */
const STATUS_WORD = 0;
const SNAPLEN_WORD = 2;
const NET_HALFWORD = 7;
const SECONDS_WORD = 4;
const NANOSECONDS_WORD = 5;
const INTERFACE_WORD = 9;
const VLAN_HALFWORD = 12;
const VLAN_NUMBER = 0x0fff;
const PACKET_TYPE_BYTE = 42;

const BLOCK_BYTES = 65_536;

/**
 * The size of a ring. All its frames have the same size, each with the kernel's header, the address and the packet's
 * first bytes.
 */
export type RingShape = {
  readonly frameBytes: number;
  readonly snapLength: number;
  readonly ringBytes: number;
  /** Names the ring in errors. */
  readonly subject: string;
};

/**
 * For port knocks: the first 160 bytes hold IPv4 with all options and TCP, or the same for IPv6. 16,384 packets last a
 * twentieth of a second at the 310,000 packets per second that one sender reaches.
 */
export const KNOCK_RING: RingShape = {
  frameBytes: 256,
  snapLength: 160,
  ringBytes: 4_194_304,
  subject: 'the packet capture',
};

/** For packets that are read whole: 512 packets with up to 1,500 bytes of payload and their headers. */
export const PAYLOAD_RING: RingShape = {
  frameBytes: 2048,
  snapLength: 1560,
  ringBytes: 1_048_576,
  subject: 'the capture of signed knocks',
};

/**
 * A separate ring, so that a flood of it displaces no signed knock. 4,096 packets: the kernel cannot filter noise here
 * by a server tag, and at 20,000 packets per second this covers a fifth of a second in which the process does not run.
 */
export const SPA_RING: RingShape = {
  ...PAYLOAD_RING,
  ringBytes: 8_388_608,
  subject: 'the capture of SPA packets',
};

/** A quarter of the ring's packets. */
export const backlogLimitOf = ({ ringBytes, frameBytes }: RingShape): number => ringBytes / frameBytes / 4;

/**
 * Packets of all interfaces, through an AF_PACKET ring that the kernel fills and this process reads in place
 * (packet(7), Documentation/networking/packet_mmap.rst). The socket is of type SOCK_DGRAM and bound to no interface:
 * link headers are removed, and a new interface is included without a further call.
 */
export function openRingCapture(expression: string, shape: RingShape = KNOCK_RING): Capture {
  const program = compileFilter(expression, shape.snapLength);
  const fd = libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw lastError('socket(AF_PACKET)', shape.subject);
  let mapping: Mapping | undefined;
  try {
    mapping = prepareRing(fd, program, shape);
    return new RingCapture(fd, mapping, shape);
  } catch (error) {
    mapping?.unmap();
    libc.close(fd);
    throw error;
  }
}

/** The filter is set before the bind, so that no unfiltered packet enters the ring. */
function prepareRing(fd: number, program: FilterProgram, shape: RingShape): Mapping {
  const { frameBytes, ringBytes, subject } = shape;
  setWordOption(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2, 'PACKET_VERSION');
  setWordOption(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, 'PACKET_IGNORE_OUTGOING');
  // A packet is stamped once, at its first interface: on a bridge and on its port the same packet has the same time.
  setWordOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, 'SO_TIMESTAMPNS');
  attachFilter(fd, program, subject);
  const request = new Uint32Array([BLOCK_BYTES, ringBytes / BLOCK_BYTES, frameBytes, ringBytes / frameBytes]);
  setOption(fd, SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer), 'PACKET_RX_RING', subject);
  const mapping = mapShared(fd, ringBytes, subject);
  const address = new Uint8Array(20);
  new Uint16Array(address.buffer)[0] = AF_PACKET;
  address.set(ETH_P_ALL_BIG_ENDIAN, 2);
  if (libc.bind(fd, address, address.length) !== 0) {
    const error = lastError('bind(AF_PACKET)', subject);
    mapping.unmap();
    throw error;
  }
  return mapping;
}

class RingCapture implements Capture {
  readonly #fd: number;
  readonly #mapping: Mapping;
  readonly #bytes: Uint8Array;
  readonly #halfwords: Uint16Array;
  readonly #words: Int32Array;
  readonly #frame = new Frame();
  readonly #shape: RingShape;
  readonly #frameBytes: number;
  readonly #frames: number;
  #next = 0;
  #passed = 0;
  #dropped = 0;

  constructor(fd: number, mapping: Mapping, shape: RingShape) {
    this.#fd = fd;
    this.#shape = shape;
    this.#frameBytes = shape.frameBytes;
    this.#frames = shape.ringBytes / shape.frameBytes;
    this.#mapping = mapping;
    this.#bytes = new Uint8Array(mapping.buffer);
    this.#halfwords = new Uint16Array(mapping.buffer);
    this.#words = new Int32Array(mapping.buffer);
    this.#frame.bytes = this.#bytes;
  }

  setFilter(expression: string): void {
    const { snapLength, subject } = this.#shape;
    attachFilter(this.#fd, compileFilter(expression, snapLength), subject);
  }

  drain(limit: number, take: (frame: Frame) => void): number {
    const words = this.#words;
    for (let taken = 0; taken < limit; taken++) {
      const word = this.#next * (this.#frameBytes / 4);
      // Atomic, so that the frame is read neither before its status nor after it is given back.
      if ((Atomics.load(words, word + STATUS_WORD) & TP_STATUS_USER) === 0) return taken;
      this.#read(word);
      take(this.#frame);
      Atomics.store(words, word + STATUS_WORD, TP_STATUS_KERNEL);
      this.#next = (this.#next + 1) % this.#frames;
    }
    return limit;
  }

  holds(count: number): boolean {
    const word = ((this.#next + count) % this.#frames) * (this.#frameBytes / 4);
    return (Atomics.load(this.#words, word + STATUS_WORD) & TP_STATUS_USER) !== 0;
  }

  watch(onReadable: () => void): Readiness {
    return watchReadable(this.#fd, () => onReadable());
  }

  counters(): CaptureCounters {
    // The kernel resets its counters at each read (struct tpacket_stats: packets including drops, drops).
    const bytes = new Uint8Array(8);
    if (libc.getsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, bytes, [bytes.length]) !== 0) {
      throw lastError('getsockopt(PACKET_STATISTICS)', this.#shape.subject);
    }
    const [passed = 0, dropped = 0] = new Uint32Array(bytes.buffer);
    this.#passed += passed;
    this.#dropped += dropped;
    return { passed: this.#passed, dropped: this.#dropped };
  }

  close(): void {
    this.#mapping.unmap();
    libc.close(this.#fd);
  }

  #read(word: number): void {
    const frame = this.#frame;
    const words = this.#words;
    const start = word * 4 + (this.#halfwords[word * 2 + NET_HALFWORD] as number);
    frame.start = start;
    frame.end = Math.min(start + (words[word + SNAPLEN_WORD] as number), word * 4 + this.#frameBytes);
    frame.interfaceIndex = words[word + INTERFACE_WORD] as number;
    const isTagged = ((words[word + STATUS_WORD] as number) & TP_STATUS_VLAN_VALID) !== 0;
    frame.vlan = isTagged ? (this.#halfwords[word * 2 + VLAN_HALFWORD] as number) & VLAN_NUMBER : 0;
    frame.toThisHost = this.#bytes[word * 4 + PACKET_TYPE_BYTE] === PACKET_HOST;
    frame.seconds = (words[word + SECONDS_WORD] as number) >>> 0;
    frame.nanoseconds = words[word + NANOSECONDS_WORD] as number;
  }
}
