import type { Family } from '../../../core/net/address.ts';
import {
  bigEndian,
  NLM_F_ACK,
  NLM_F_REQUEST,
  renderAttribute,
  renderMessage,
} from '../../netlink/netlink-message.ts';

/** linux/netlink.h: do not delete an object that contains others. */
const NLM_F_NONREC = 0x100;

/** linux/netfilter/nfnetlink.h. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_BATCH_GENID = 1;

/** linux/netfilter/nf_tables.h. */
const NFT_MSG_DELTABLE = 2;
const NFT_MSG_DELCHAIN = 5;
const NFTA_TABLE_NAME = 1;
const NFTA_CHAIN = { table: 1, name: 3 } as const;

/** linux/netfilter.h: NFPROTO_IPV4, NFPROTO_IPV6. */
const NFPROTO = { 4: 2, 6: 10 } as const;

/** Refused if the rules have changed since `generation` (ERESTART), or if something is not empty (EBUSY). */
export function renderChainRemoval(
  family: Family,
  { chains, table }: { readonly chains: readonly string[]; readonly table: boolean },
  generation: number,
  sequence: number,
): Uint8Array {
  const bodies: (readonly [number, Uint8Array])[] = chains.map((chain) => [
    NFT_MSG_DELCHAIN,
    Buffer.concat([text(NFTA_CHAIN.table, 'filter'), text(NFTA_CHAIN.name, chain)]),
  ]);
  if (table) bodies.push([NFT_MSG_DELTABLE, text(NFTA_TABLE_NAME, 'filter')]);
  const batch = Uint8Array.of(0, 0, 0, NFNL_SUBSYS_NFTABLES);
  const begin = Buffer.concat([batch, renderAttribute(NFNL_BATCH_GENID, bigEndian([generation]))]);
  return Buffer.concat([
    renderMessage(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, sequence, begin),
    ...bodies.map(([command, body], at) =>
      renderMessage(
        typeOf(command),
        NLM_F_REQUEST | NLM_F_NONREC | (at === bodies.length - 1 ? NLM_F_ACK : 0),
        sequence,
        Buffer.concat([general(NFPROTO[family]), body]),
      ),
    ),
    renderMessage(NFNL_MSG_BATCH_END, NLM_F_REQUEST, sequence, batch),
  ]);
}

const typeOf = (command: number): number => (NFNL_SUBSYS_NFTABLES << 8) | command;

/** struct nfgenmsg: family, version, resource u16. */
const general = (family: number): Uint8Array => Uint8Array.of(family, 0, 0, 0);

const text = (type: number, value: string): Uint8Array => renderAttribute(type, Buffer.from(`${value}\0`));
