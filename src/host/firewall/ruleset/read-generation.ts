import { readAttributes, readMessages } from '../../netlink/netlink-message.ts';

/** linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h: the message that ends each transaction. */
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWGEN = 15;
const NFT_MSG_GETGEN = 16;
const NEW_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWGEN;
export const GET_GENERATION = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN;
const NFTA_GEN_ID = 1;
const NFTA_GEN_PROC_PID = 2;

/** struct nfgenmsg. */
const FAMILY_BYTES = 4;

/**
 * Whether these netlink messages end a transaction of a process other than `pid`. The kernel uses pids of the initial
 * pid namespace: inside another one, our own changes look foreign. A truncated message counts as foreign.
 */
export function isForeignChange(bytes: Uint8Array, pid: number): boolean {
  const messages = readMessages(bytes);
  for (;;) {
    const { done, value } = messages.next();
    if (done === true) return value === 'truncated';
    if (value.type === NEW_GENERATION && wordOf(value.body, NFTA_GEN_PROC_PID) !== pid) return true;
  }
}

/** The ruleset's generation, which every transaction changes, from the answer to `GET_GENERATION`. */
export function readGenerationId(body: DataView): number | undefined {
  return wordOf(body, NFTA_GEN_ID);
}

/** nf_tables writes numbers in network byte order. */
function wordOf(body: DataView, attribute: number): number | undefined {
  const value = readAttributes(body, FAMILY_BYTES).get(attribute);
  return value?.byteLength === 4 ? value.getUint32(0) : undefined;
}
