import type { Address } from '../../../core/net/address.ts';
import type { SetChange } from '../../../core/nft/elements.ts';
import type { OwnTable } from '../../../core/nft/table.ts';
import { MAX_TIMEOUT } from '../../../core/nft/timeout.ts';
import type { MessageWriter } from '../../netlink/message-writer.ts';
import {
  NLA_F_NESTED,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_NEW,
  NLM_F_REQUEST,
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

/** Of an IPv6 element with a timeout. */
const ELEMENT_BYTES = 40;
/** Of a message without its names and elements; and of the begin and the end of a batch. */
const MESSAGE_BYTES = 64;
/** UTF-8 of one character. */
const CHARACTER_BYTES = 3;

/**
 * Writes one complete transaction, whose messages all have the same sequence number; the kernel acknowledges the last
 * change. Deleting a missing element is an error, and kernels before 6.3 have no NFT_MSG_DESTROYSETELEM, so the element
 * is added first. `generation`: the kernel rejects the transaction if the ruleset has another one (since Linux 4.14).
 */
export function writeTransaction(
  to: MessageWriter,
  changes: readonly SetChange[],
  sequence: number,
  generation?: number,
): Uint8Array {
  to.restart(changes.reduce((room, change) => room + roomOf(change), 2 * MESSAGE_BYTES));
  const begin = to.begin(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, sequence);
  writeHead(to, 0, NFNL_SUBSYS_NFTABLES);
  if (generation !== undefined) to.wordAttribute(NFNL_BATCH_GENID, generation, true);
  to.end(begin);
  let last: number | undefined;
  for (const change of changes) last = writeChange(to, sequence, change) ?? last;
  if (last !== undefined) to.addFlags(last, NLM_F_ACK);
  const end = to.begin(NFNL_MSG_BATCH_END, NLM_F_REQUEST, sequence);
  writeHead(to, 0, NFNL_SUBSYS_NFTABLES);
  to.end(end);
  return to.bytes;
}

function roomOf({ ownTable, set, out, into }: SetChange): number {
  const messages = 2 * Math.ceil(out.length / MAX_ELEMENTS) + Math.ceil(into.length / MAX_ELEMENTS);
  const names = (ownTable.table.length + set.length) * CHARACTER_BYTES;
  return messages * (MESSAGE_BYTES + names) + (2 * out.length + into.length) * ELEMENT_BYTES;
}

/** Returns where its last message begins. */
function writeChange(to: MessageWriter, sequence: number, change: SetChange): number | undefined {
  const { out, into } = change;
  let last: number | undefined;
  for (let at = 0; at < out.length; at += MAX_ELEMENTS) {
    const part = out.slice(at, at + MAX_ELEMENTS);
    const present = beginList(to, NFT_MSG_NEWSETELEM, NLM_F_CREATE, sequence, change);
    for (const source of part) writeElement(to, source, PASSING_MS);
    endList(to, present);
    const absent = beginList(to, NFT_MSG_DELSETELEM, 0, sequence, change);
    for (const source of part) writeElement(to, source);
    endList(to, absent);
    last = absent.message;
  }
  for (let at = 0; at < into.length; at += MAX_ELEMENTS) {
    const list = beginList(to, NFT_MSG_NEWSETELEM, NLM_F_NEW, sequence, change);
    for (const { source, left } of into.slice(at, at + MAX_ELEMENTS)) writeElement(to, source, left);
    endList(to, list);
    last = list.message;
  }
  return last;
}

type List = { readonly message: number; readonly elements: number };

function beginList(
  to: MessageWriter,
  command: number,
  flags: number,
  sequence: number,
  { ownTable: { family, table }, set }: SetChange,
): List {
  const message = to.begin((NFNL_SUBSYS_NFTABLES << 8) | command, NLM_F_REQUEST | flags, sequence);
  writeHead(to, NFPROTO[family], 0);
  writeName(to, LIST.table, table);
  writeName(to, LIST.set, set);
  return { message, elements: to.beginAttribute(LIST.elements | NLA_F_NESTED) };
}

function endList(to: MessageWriter, { message, elements }: List): void {
  to.endAttribute(elements);
  to.end(message);
}

function writeName(to: MessageWriter, type: number, name: string): void {
  const attribute = to.beginAttribute(type);
  to.text(name);
  to.endAttribute(attribute);
}

/** The kernel's times are 64-bit milliseconds. */
function writeElement(to: MessageWriter, source: Address, left?: number): void {
  const element = to.beginAttribute(LIST_ELEM | NLA_F_NESTED);
  const key = to.beginAttribute(ELEM.key | NLA_F_NESTED);
  const value = to.beginAttribute(DATA_VALUE);
  to.address(source);
  to.endAttribute(value);
  to.endAttribute(key);
  if (left !== undefined) {
    const rounded = Math.min(MAX_TIMEOUT, Math.max(1, Math.ceil(left)));
    const timeout = to.beginAttribute(ELEM.timeout);
    to.bigEndian(Math.floor(rounded / 2 ** 32));
    to.bigEndian(rounded % 2 ** 32);
    to.endAttribute(timeout);
  }
  to.endAttribute(element);
}

/** struct nfgenmsg: family u8, version u8, resource u16 in network byte order. */
function writeHead(to: MessageWriter, family: number, resource: number): void {
  to.byte(family);
  to.byte(0);
  to.byte(resource >> 8);
  to.byte(resource & 0xff);
}
