import { type Address, addressWords, familyOf } from '../../../core/net/address.ts';
import type { SetChange } from '../../../core/nft/elements.ts';
import type { OwnTable } from '../../../core/nft/table.ts';
import { MAX_TIMEOUT } from '../../../core/nft/timeout.ts';
import {
  bigEndian,
  NLA_F_NESTED,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_NEW,
  NLM_F_REQUEST,
  renderAttribute,
  renderMessage,
} from '../../netlink/netlink-message.ts';

/** linux/netfilter/nfnetlink.h. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;
const NFNL_BATCH_GENID = 1;

/** linux/netfilter/nf_tables.h. */
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_DELSETELEM = 14;
const LIST = { table: 1, set: 2, elements: 3 } as const;
const LIST_ELEM = 1;
const ELEM = { key: 1, timeout: 4 } as const;
const DATA_VALUE = 1;

/** linux/netfilter.h: NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6. */
const NFPROTO: Readonly<Record<OwnTable['family'], number>> = { inet: 1, ip: 2, ip6: 10 };

/** An attribute's length has 16 bits, and an IPv6 element takes 40 bytes. */
export const MAX_ELEMENTS = 1024;

/** The timeout of an element that is deleted again at once. */
const PASSING_MS = 1000;

/**
 * One complete transaction, whose messages all have the same sequence number; the kernel acknowledges the last change.
 * Deleting a missing element is an error, and kernels before 6.3 have no NFT_MSG_DESTROYSETELEM, so the element is
 * added first. `generation`: the kernel rejects the transaction if the ruleset has another one (since Linux 4.14).
 */
export function renderTransaction(
  changes: readonly SetChange[],
  sequence: number,
  generation?: number,
): Uint8Array {
  const messages = changes.flatMap(renderChange);
  const last = messages.length - 1;
  const batch = Buffer.concat([generalMessage(0), Uint8Array.of(0, NFNL_SUBSYS_NFTABLES)]);
  const only = generation === undefined ? [] : [renderAttribute(NFNL_BATCH_GENID, bigEndian([generation]))];
  return Buffer.concat([
    renderMessage(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, sequence, Buffer.concat([batch, ...only])),
    ...messages.map(({ type, flags, body }, i) =>
      renderMessage(type, NLM_F_REQUEST | flags | (i === last ? NLM_F_ACK : 0), sequence, body),
    ),
    renderMessage(NFNL_MSG_BATCH_END, NLM_F_REQUEST, sequence, batch),
  ]);
}

type Message = { readonly type: number; readonly flags: number; readonly body: Uint8Array };

function renderChange({ ownTable, set, out, into }: SetChange): Message[] {
  const message = (command: number, flags: number, elements: readonly Uint8Array[]): Message => ({
    type: (NFNL_SUBSYS_NFTABLES << 8) | command,
    flags,
    body: renderList(ownTable, set, elements),
  });
  const some = (build: (part: number) => Message[], length: number): Message[] =>
    Array.from({ length: Math.ceil(length / MAX_ELEMENTS) }, (_, part) => build(part * MAX_ELEMENTS)).flat();
  const outOrders = some((at) => {
    const part = out.slice(at, at + MAX_ELEMENTS);
    const present = part.map((source) => renderElement(source, PASSING_MS));
    const absent = part.map((source) => renderElement(source));
    return [message(NFT_MSG_NEWSETELEM, NLM_F_CREATE, present), message(NFT_MSG_DELSETELEM, 0, absent)];
  }, out.length);
  const inOrders = some((at) => {
    const part = into.slice(at, at + MAX_ELEMENTS);
    const elements = part.map(({ source, left }) => renderElement(source, left));
    return [message(NFT_MSG_NEWSETELEM, NLM_F_NEW, elements)];
  }, into.length);
  return [...outOrders, ...inOrders];
}

function renderList({ family, table }: OwnTable, set: string, elements: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([
    generalMessage(NFPROTO[family]),
    Uint8Array.of(0, 0),
    renderAttribute(LIST.table, Buffer.from(`${table}\0`)),
    renderAttribute(LIST.set, Buffer.from(`${set}\0`)),
    renderAttribute(LIST.elements | NLA_F_NESTED, Buffer.concat(elements)),
  ]);
}

/** The kernel's times are 64-bit milliseconds. */
function renderElement(source: Address, left?: number): Uint8Array {
  const words = addressWords(source).slice(familyOf(source) === 4 ? 3 : 0);
  const key = renderAttribute(ELEM.key | NLA_F_NESTED, renderAttribute(DATA_VALUE, bigEndian(words)));
  if (left === undefined) return renderAttribute(LIST_ELEM | NLA_F_NESTED, key);
  const rounded = Math.min(MAX_TIMEOUT, Math.max(1, Math.ceil(left)));
  const timeout = renderAttribute(
    ELEM.timeout,
    bigEndian([Math.floor(rounded / 2 ** 32), rounded % 2 ** 32]),
  );
  return renderAttribute(LIST_ELEM | NLA_F_NESTED, Buffer.concat([key, timeout]));
}

/** struct nfgenmsg without its last field: family, version. */
function generalMessage(family: number): Uint8Array {
  return Uint8Array.of(family, 0);
}
