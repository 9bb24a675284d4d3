/**
 * Messages and attributes of netlink (linux/netlink.h), which uses machine byte order. Values of nfnetlink, and
 * addresses and ports everywhere, are big-endian.
 */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
/** For a request to create something: an existing object is left unchanged (EEXIST). */
export const NLM_F_NEW = 0x600;

const NLM_F_DUMP_INTR = 0x10;
const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const HEADER_BYTES = 16;
const ATTRIBUTE_BYTES = 4;

export const NLA_F_NESTED = 0x8000;

/** NLA_TYPE_MASK: the part of an attribute's type that is not a flag. */
const TYPE_MASK = 0x3fff;

/** struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port id u32; then the body. */
export function renderMessage(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + body.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

/** struct nlattr: length u16, type u16, value, padding to four bytes. */
export function renderAttribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(align(ATTRIBUTE_BYTES + value.length));
  bytes.writeUInt16LE(ATTRIBUTE_BYTES + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, ATTRIBUTE_BYTES);
  return bytes;
}

export function bigEndian(words: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [i, word] of words.entries()) bytes.writeUInt32BE(word, i * 4);
  return bytes;
}

/** What the kernel sent in one datagram. */
export type Answer = {
  /** The bodies of messages other than acknowledgements and ends. */
  readonly bodies: readonly DataView[];
  /** The answer is complete. */
  readonly done: boolean;
  /** The errno of a refusal, 0 for none. */
  readonly errno: number;
  /** The listed objects changed meanwhile: some may be missing. */
  readonly interrupted: boolean;
};

/**
 * Reads the messages of one datagram that answer this request. Truncated ones, and those of other requests, are
 * skipped.
 */
export function readAnswer(bytes: Uint8Array, sequence: number): Answer {
  const bodies: DataView[] = [];
  let [done, errno, interrupted] = [false, 0, false];
  for (const message of readMessages(bytes)) {
    if (message.sequence !== sequence) continue;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true;
    if (isEnd(message)) {
      done = true;
      errno = errnoOf(message);
    } else bodies.push(message.body);
  }
  return { bodies, done, errno, interrupted };
}

export type NetlinkMessage = {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: DataView;
};

/** The messages of one datagram, in order. A truncated one ends it; the generator returns whether there was one. */
export function* readMessages(bytes: Uint8Array): Generator<NetlinkMessage, 'whole' | 'truncated', void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) return 'truncated';
    yield {
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: new DataView(bytes.buffer, bytes.byteOffset + at + HEADER_BYTES, length - HEADER_BYTES),
    };
    at += align(length);
  }
  return 'whole';
}

/** The end of a list, an acknowledgement, or a refusal. */
export const isEnd = ({ type }: NetlinkMessage): boolean => type === NLMSG_DONE || type === NLMSG_ERROR;

/** All of these begin with a negated errno; 0 means success. */
export const errnoOf = ({ body }: NetlinkMessage): number =>
  body.byteLength < 4 ? 0 : Math.max(0, -body.getInt32(0, true));

/** The attributes from byte `from` on, the last one of each type. A truncated one is skipped. */
export function readAttributes(body: DataView, from = 0): Map<number, DataView> {
  const found = new Map<number, DataView>();
  for (let at = from; at + ATTRIBUTE_BYTES <= body.byteLength; ) {
    const length = body.getUint16(at, true);
    if (length < ATTRIBUTE_BYTES || at + length > body.byteLength) break;
    const value = new DataView(body.buffer, body.byteOffset + at + ATTRIBUTE_BYTES, length - ATTRIBUTE_BYTES);
    found.set(body.getUint16(at + 2, true) & TYPE_MASK, value);
    at += align(length);
  }
  return found;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
