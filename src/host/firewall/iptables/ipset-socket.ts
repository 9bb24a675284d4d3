import { MAX_ELEMENTS } from '../../../core/iptables/ipset-limits.ts';
import { type Address, addressWords, type Family, familyOf } from '../../../core/net/address.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { SystemCallError } from '../../ffi/system-call-error.ts';
import {
  bigEndian,
  NLA_F_NESTED,
  NLM_F_CREATE,
  readAttributes,
  renderAttribute,
} from '../../netlink/netlink-message.ts';
import { openFilterSocket } from '../../netlink/netlink-socket.ts';
import { ExhaustedError, FirewallError } from '../contract/firewall.ts';

/** linux/netfilter/nfnetlink.h. */
const NFNL_SUBSYS_IPSET = 6;
const NLA_F_NET_BYTEORDER = 0x4000;

/** linux/netfilter/ipset/ip_set.h. Kernels of protocol 7 accept protocol 6 for these commands. */
const PROTOCOL = 6;
const COMMANDS = {
  ...{ create: 2, destroy: 3, flush: 4, swap: 6, list: 7 },
  ...{ add: 9, delete: 10, test: 11, type: 13 },
} as const;
const ATTR_PROTOCOL = 1;
const ATTR_SETNAME = 2;
/** In a swap, the other set's name. */
const ATTR_TYPENAME = 3;
const ATTR_REVISION = 4;
const ATTR_FAMILY = 5;
const ATTR_FLAGS = 6;
const ATTR_DATA = 7;
const ATTR_IP = 1;
const ATTR_TIMEOUT = 6;
const ATTR_MAXELEM = 19;
const ATTR_NETMASK = 20;
const FLAG_LIST_SETNAME = 1 << 1;
const ATTR_IPADDR = { 4: 1, 6: 2 } as const;
const AF_INET = { 4: 2, 6: 10 } as const;
/** The first revision of hash:ip, which every kernel has. */
const TYPE = { name: 'hash:ip', revision: 0 } as const;
const ENOENT = 2;
const IPSET_ERR_BUSY = 4100;
const IPSET_ERR_EXIST = 4103;
const IPSET_ERR_HASH_FULL = 4352;

/** linux/netfilter/ipset/ip_set.h, asm-generic/errno-base.h: causes of errors. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [1, 'Operation not permitted'],
  [ENOENT, 'there is no such set: somebody has removed it; it is restored with the rules'],
  [17, 'there is another set of that name'],
  [22, 'the kernel has no ipset (module ip_set)'],
  [4098, 'the kernel has no sets of type hash:ip (module ip_set_hash_ip)'],
  [4099, 'the kernel has no room for another set'],
  [IPSET_ERR_BUSY, 'a rule refers to it'],
]);

type Element = { readonly set: string; readonly source: Address };

/**
 * The kernel's ipset, without the ipset command, which need not be installed. A request takes one system call, its
 * answer another.
 */
export class IpsetSocket {
  readonly #socket = translated(() => openFilterSocket('ipset'));

  /** Whether the kernel has sets of addresses. Loads the module if there is one. */
  get isThere(): boolean {
    const body = Buffer.concat([
      general(),
      renderAttribute(ATTR_TYPENAME, Buffer.from(`${TYPE.name}\0`)),
      renderAttribute(ATTR_FAMILY, Uint8Array.of(AF_INET[4])),
    ]);
    return translated(() => typeof this.#socket.ask(typeOf('type'), body) !== 'number');
  }

  /**
   * Creates a set of addresses with timeouts. An existing set is left unchanged. `netmask`: number of leading bits that
   * count in each address.
   */
  create(set: string, family: Family, netmask?: number): void {
    const body = Buffer.concat([
      named(set, AF_INET[family]),
      renderAttribute(ATTR_TYPENAME, Buffer.from(`${TYPE.name}\0`)),
      renderAttribute(ATTR_REVISION, Uint8Array.of(TYPE.revision)),
      renderAttribute(ATTR_FAMILY, Uint8Array.of(AF_INET[family])),
      renderAttribute(
        ATTR_DATA | NLA_F_NESTED,
        Buffer.concat([
          renderAttribute(ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, bigEndian([0])),
          renderAttribute(ATTR_MAXELEM | NLA_F_NET_BYTEORDER, bigEndian([MAX_ELEMENTS])),
          ...(netmask === undefined ? [] : [renderAttribute(ATTR_NETMASK, Uint8Array.of(netmask))]),
        ]),
      ),
    ]);
    this.#order('create', set, body);
  }

  flush(set: string): void {
    this.#order('flush', set, named(set));
  }

  /** Swaps two sets with their content, atomically. */
  swap(set: string, other: string): void {
    const body = Buffer.concat([named(set), renderAttribute(ATTR_TYPENAME, Buffer.from(`${other}\0`))]);
    this.#order('swap', set, body);
  }

  /** A missing set, or one that a rule uses, is left alone. Returns whether this call removed it. */
  destroy(set: string): boolean {
    const error = this.#send('destroy', named(set));
    if (error !== 0 && error !== ENOENT && error !== IPSET_ERR_BUSY) throw refusal('destroy', set, error);
    return error === 0;
  }

  /** The names of all sets, including foreign ones. */
  names(): string[] {
    const found: string[] = [];
    const body = Buffer.concat([
      general(),
      renderAttribute(ATTR_FLAGS | NLA_F_NET_BYTEORDER, bigEndian([FLAG_LIST_SETNAME])),
    ]);
    translated(() =>
      this.#socket.listNow(typeOf('list'), body, (one) => {
        const name = readAttributes(one, GENERAL_BYTES).get(ATTR_SETNAME);
        if (name === undefined) return;
        const text = Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString('latin1');
        found.push(text.replace(/\0.*$/s, ''));
      }),
    );
    return found;
  }

  #order(command: keyof typeof COMMANDS, set: string, body: Uint8Array): void {
    const error = this.#send(command, body);
    if (error !== 0) throw refusal(command, set, error);
  }

  #send(command: keyof typeof COMMANDS, body: Uint8Array): number {
    const flags = command === 'create' ? NLM_F_CREATE : 0;
    return translated(() => this.#socket.order(typeOf(command), body, flags));
  }

  /** Adds an element, or changes its end. */
  add(element: Element, seconds: number): void {
    const error = this.#ask('add', element, seconds);
    if (error === IPSET_ERR_HASH_FULL) {
      throw new FirewallError(`ipset: ${element.set} is full: ${element.source} is not let in`);
    }
    if (error !== 0) throw elementRefusal('add', element, error);
  }

  /** A missing element or set is not an error. */
  delete(element: Element): void {
    const error = this.#ask('delete', element);
    if (error !== 0 && error !== ENOENT) throw elementRefusal('delete', element, error);
  }

  /** Whether the element exists and is not over. */
  has(element: Element): boolean {
    const error = this.#ask('test', element);
    if (error !== 0 && error !== IPSET_ERR_EXIST && error !== ENOENT)
      throw elementRefusal('test', element, error);
    return error === 0;
  }

  close(): void {
    this.#socket.close();
  }

  #ask(command: keyof typeof COMMANDS, element: Element, seconds?: number): number {
    return this.#send(command, renderBody(element, seconds));
  }
}

const typeOf = (command: keyof typeof COMMANDS): number => (NFNL_SUBSYS_IPSET << 8) | COMMANDS[command];

/** struct nfgenmsg (family, version, resource u16), and the protocol attribute that every message has. */
function general(family: number = AF_INET[4]): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(family, 0, 0, 0),
    renderAttribute(ATTR_PROTOCOL, Uint8Array.of(PROTOCOL)),
  ]);
}

const GENERAL_BYTES = 4;

function named(set: string, family?: number): Uint8Array {
  return Buffer.concat([general(family), renderAttribute(ATTR_SETNAME, Buffer.from(`${set}\0`, 'latin1'))]);
}

/** Without NLM_F_EXCL, adding an existing element or deleting a missing one is not an error. */
function renderBody({ set, source }: Element, seconds: number | undefined): Uint8Array {
  const family = familyOf(source);
  const words = addressWords(source).slice(family === 4 ? 3 : 0);
  const address = renderAttribute(ATTR_IPADDR[family] | NLA_F_NET_BYTEORDER, bigEndian(words));
  const timeout =
    seconds === undefined ? [] : [renderAttribute(ATTR_TIMEOUT | NLA_F_NET_BYTEORDER, bigEndian([seconds]))];
  const data = Buffer.concat([renderAttribute(ATTR_IP | NLA_F_NESTED, address), ...timeout]);
  return Buffer.concat([named(set, AF_INET[family]), renderAttribute(ATTR_DATA | NLA_F_NESTED, data)]);
}

function translated<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (isExhausted(error)) throw new ExhaustedError((error as Error).message, { cause: error });
    if (error instanceof SystemCallError) throw new FirewallError(error.message, { cause: error });
    throw error;
  }
}

function elementRefusal(call: string, { set, source }: Element, error: number): FirewallError {
  return refusal(`${call} ${source} in`, set, error);
}

function refusal(call: string, set: string, error: number): FirewallError {
  return new FirewallError(`ipset: ${call} ${set}: ${REASONS.get(error) ?? `error ${error}`}`);
}
