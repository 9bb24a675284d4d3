import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import { libc } from '../ffi/libc.ts';
import { lastError } from '../ffi/system-call-error.ts';
import { FirewallError } from './firewall.ts';
import { readIpsetAnswer } from './read-ipset-answer.ts';

/** linux/netlink.h and linux/netfilter/nfnetlink.h. Netlink speaks the host's byte order, nfnetlink's values big-endian. */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_IPSET = 6;
const NLM_F_REQUEST_ACK = 0x5;
const NLA_F_NESTED = 0x8000;
const NLA_F_NET_BYTEORDER = 0x4000;

/** linux/netfilter/ipset/ip_set.h. Protocol 6 is understood by kernels of protocol 7 for these commands. */
const PROTOCOL = 6;
const COMMANDS = { add: 9, delete: 10, test: 11 } as const;
const ATTR_PROTOCOL = 1;
const ATTR_SETNAME = 2;
const ATTR_DATA = 7;
const ATTR_IP = 1;
const ATTR_TIMEOUT = 6;
const ATTR_IPADDR = { 4: 1, 6: 2 } as const;
const AF_INET = { 4: 2, 6: 10 } as const;
const ENOENT = 2;
const IPSET_ERR_EXIST = 4103;
const IPSET_ERR_HASH_FULL = 4352;

type Element = { readonly set: string; readonly source: Address };

/** Elements of ipset's sets, without a process for each: one system call to ask, one for the kernel's answer. */
export class IpsetSocket {
  readonly #fd: number;
  readonly #answer = new Uint8Array(8192);

  constructor() {
    this.#fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (this.#fd < 0) throw new FirewallError(lastError('socket(AF_NETLINK)', 'ipset').message);
  }

  /** Adds, or sets the end anew. */
  add(element: Element, seconds: number): void {
    const error = this.#ask('add', element, seconds);
    if (error === IPSET_ERR_HASH_FULL) {
      throw new FirewallError(`ipset: ${element.set} is full: ${element.source} is not let in`);
    }
    if (error !== 0) throw refusal('add', element, error);
  }

  /** What is not there, or in no set, is no error. */
  delete(element: Element): void {
    const error = this.#ask('delete', element);
    if (error !== 0 && error !== ENOENT) throw refusal('delete', element, error);
  }

  /** Whether it is there and not over. */
  has(element: Element): boolean {
    const error = this.#ask('test', element);
    if (error !== 0 && error !== IPSET_ERR_EXIST && error !== ENOENT) throw refusal('test', element, error);
    return error === 0;
  }

  close(): void {
    libc.close(this.#fd);
  }

  #ask(command: keyof typeof COMMANDS, element: Element, seconds?: number): number {
    const request = renderRequest(command, element, seconds);
    if (libc.send(this.#fd, request, request.length, 0) < 0) {
      throw new FirewallError(lastError('send', 'the netlink socket of ipset').message);
    }
    for (;;) {
      const length = libc.recv(this.#fd, this.#answer, this.#answer.length, 0);
      if (length < 0) {
        const error = lastError('recv', 'the netlink socket of ipset');
        if (error.code === 'EINTR') continue;
        throw new FirewallError(error.message);
      }
      const answer = readIpsetAnswer(this.#answer.subarray(0, length));
      if (answer !== undefined) return answer;
    }
  }
}

/** Without NLM_F_EXCL, adding what is there and deleting what is not are no errors. */
function renderRequest(
  command: keyof typeof COMMANDS,
  { set, source }: Element,
  seconds: number | undefined,
): Uint8Array {
  const family = familyOf(source);
  const words = addressWords(source).slice(family === 4 ? 3 : 0);
  const address = attribute(ATTR_IPADDR[family] | NLA_F_NET_BYTEORDER, bigEndian(words));
  const timeout =
    seconds === undefined ? [] : [attribute(ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, bigEndian([seconds]))];
  const data = Buffer.concat([attribute(ATTR_IP | NLA_F_NESTED, address), ...timeout]);
  const body = Buffer.concat([
    // struct nfgenmsg: family, version, resource u16.
    Uint8Array.of(AF_INET[family], 0, 0, 0),
    attribute(ATTR_PROTOCOL, Uint8Array.of(PROTOCOL)),
    attribute(ATTR_SETNAME, Buffer.from(`${set}\0`, 'latin1')),
    attribute(ATTR_DATA | NLA_F_NESTED, data),
  ]);
  // struct nlmsghdr: length u32, type u16, flags u16, sequence u32, port id u32.
  const header = Buffer.alloc(16);
  header.writeUInt32LE(header.length + body.length, 0);
  header.writeUInt16LE((NFNL_SUBSYS_IPSET << 8) | COMMANDS[command], 4);
  header.writeUInt16LE(NLM_F_REQUEST_ACK, 6);
  return Buffer.concat([header, body]);
}

/** struct nlattr: length u16, type u16, value, padding to four bytes. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc((4 + value.length + 3) & ~3);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

function bigEndian(words: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [i, word] of words.entries()) bytes.writeUInt32BE(word, i * 4);
  return bytes;
}

function refusal(call: string, { set, source }: Element, error: number): FirewallError {
  const why =
    error === 2
      ? 'there is no such set: somebody has taken it away; it is put back with the rules'
      : `error ${error}`;
  return new FirewallError(`ipset: ${call} ${source} in ${set}: ${why}`);
}
