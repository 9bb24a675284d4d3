import { NetlinkSocket } from '../../netlink/netlink-socket.ts';

/** linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h. */
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETGEN = 16;
const GET_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN;
const NFTA_GEN_ID = 1;
/** struct nfgenmsg. */
const FAMILY_BYTES = 4;
const ATTRIBUTE_HEADER_BYTES = 4;

/** A number that changes with each change of this namespace's nftables; `undefined`: the kernel has none. */
export function readGenerationId(): number | undefined {
  let socket: NetlinkSocket | undefined;
  try {
    socket = new NetlinkSocket(NETLINK_NETFILTER, 'the netfilter netlink socket');
    const answer = socket.ask(GET_GENERATION, new Uint8Array(FAMILY_BYTES));
    return typeof answer === 'number' ? undefined : idIn(answer);
  } catch {
    return undefined;
  } finally {
    socket?.close();
  }
}

function idIn(body: DataView): number | undefined {
  for (let at = FAMILY_BYTES; at + ATTRIBUTE_HEADER_BYTES <= body.byteLength; ) {
    const length = body.getUint16(at, LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER_BYTES) return undefined;
    if (body.getUint16(at + 2, LITTLE_ENDIAN) === NFTA_GEN_ID && length === 8) return body.getUint32(at + 4);
    at += (length + 3) & ~3;
  }
  return undefined;
}

/** Netlink headers are in machine byte order; nf_tables writes numbers in network byte order. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
