/** linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h: the message that ends each transaction. */
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWGEN = 15;
const NFT_MSG_GETGEN = 16;
const NEW_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;
export const GET_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN;
const NFTA_GEN_ID = 1;
const NFTA_GEN_PROC_PID = 2;

/** struct nlmsghdr, followed by struct nfgenmsg. */
const HEADER_BYTES = 16;
const FAMILY_BYTES = 4;
const ATTRIBUTE_HEADER_BYTES = 4;

/** Flags in an attribute's type (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const ATTRIBUTE_TYPE = 0x3fff;

/**
 * Whether these netlink messages end a transaction of a process other than `pid`. The kernel uses pids of the initial
 * pid namespace: inside another one, our own changes look foreign.
 */
export function isForeignChange(bytes: Uint8Array, pid: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(at, LITTLE_ENDIAN);
    if (length < HEADER_BYTES || at + length > bytes.length) return true;
    if (view.getUint16(at + 4, LITTLE_ENDIAN) === NEW_GENERATION) {
      const attributes = at + HEADER_BYTES + FAMILY_BYTES;
      if (attributeOf(view, attributes, at + length, NFTA_GEN_PROC_PID) !== pid) return true;
    }
    at += align(length);
  }
  return false;
}

/** The ruleset's generation, which every transaction changes, from the answer to `GET_GENERATION`. */
export function readGenerationId(body: DataView): number | undefined {
  return attributeOf(body, FAMILY_BYTES, body.byteLength, NFTA_GEN_ID);
}

/** Netlink headers are in machine byte order. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** nf_tables itself writes numbers in network byte order. */
function attributeOf(view: DataView, from: number, end: number, wanted: number): number | undefined {
  let at = from;
  while (at + ATTRIBUTE_HEADER_BYTES <= end) {
    const length = view.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) return undefined;
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE;
    if (type === wanted && length === 8) return view.getUint32(at + 4);
    at += align(length);
  }
  return undefined;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
