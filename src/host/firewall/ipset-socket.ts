import { type Address, addressWords, familyOf } from '../../core/net/address.ts';
import { SystemCallError } from '../ffi/system-call-error.ts';
import { bigEndian, NLA_F_NESTED, renderAttribute } from '../netlink/netlink-message.ts';
import { NetlinkSocket } from '../netlink/netlink-socket.ts';
import { FirewallError } from './firewall.ts';

/** linux/netlink.h and linux/netfilter/nfnetlink.h. */
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_IPSET = 6;
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
  readonly #socket = translated(() => new NetlinkSocket(NETLINK_NETFILTER, 'ipset'));

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
    this.#socket.close();
  }

  #ask(command: keyof typeof COMMANDS, element: Element, seconds?: number): number {
    const type = (NFNL_SUBSYS_IPSET << 8) | COMMANDS[command];
    return translated(() => this.#socket.order(type, renderBody(element, seconds)));
  }
}

/** Without NLM_F_EXCL, adding what is there and deleting what is not are no errors. */
function renderBody({ set, source }: Element, seconds: number | undefined): Uint8Array {
  const family = familyOf(source);
  const words = addressWords(source).slice(family === 4 ? 3 : 0);
  const address = renderAttribute(ATTR_IPADDR[family] | NLA_F_NET_BYTEORDER, bigEndian(words));
  const timeout =
    seconds === undefined ? [] : [renderAttribute(ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, bigEndian([seconds]))];
  const data = Buffer.concat([renderAttribute(ATTR_IP | NLA_F_NESTED, address), ...timeout]);
  return Buffer.concat([
    // struct nfgenmsg: family, version, resource u16.
    Uint8Array.of(AF_INET[family], 0, 0, 0),
    renderAttribute(ATTR_PROTOCOL, Uint8Array.of(PROTOCOL)),
    renderAttribute(ATTR_SETNAME, Buffer.from(`${set}\0`, 'latin1')),
    renderAttribute(ATTR_DATA | NLA_F_NESTED, data),
  ]);
}

function translated<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (error instanceof SystemCallError) throw new FirewallError(error.message, { cause: error });
    throw error;
  }
}

function refusal(call: string, { set, source }: Element, error: number): FirewallError {
  const why =
    error === 2
      ? 'there is no such set: somebody has taken it away; it is put back with the rules'
      : `error ${error}`;
  return new FirewallError(`ipset: ${call} ${source} in ${set}: ${why}`);
}
