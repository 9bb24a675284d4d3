import type { Family } from '../../net/address.ts';
import type { IpRange } from './ip-range.ts';
import type { Asked, Stranger } from './journey.ts';
import { type End, passHooks } from './pass-hooks.ts';
import type { Ruleset } from './ruleset.ts';
import { GENERAL_PORT, isNamed, type Origin, someAddresses, strangersOf } from './strangers.ts';

/** A packet to one address through one interface; its senders are to be tried. */
export type TriedPacket = Omit<Stranger, 'source' | 'sourcePort' | 'asked' | 'isPlain' | 'comesAgain'>;

export type TriedPath = {
  readonly origin: Origin;
  readonly port: number;
  readonly interface: string;
  /** Its destination. */
  readonly address: bigint;
  readonly isRouted: boolean;
  readonly isPlain: boolean;
  readonly comesAgain: boolean;
  readonly fate: Fate;
};

export type Fate = {
  readonly kind: 'in' | 'dropped' | 'depends';
  readonly end: End;
  readonly unsure?: string;
};

/** BOUNDED: ranges of sources that are told apart, source ports, and packets followed per address of the host. */
const MAX_RANGES = 64;
const MAX_PORTS = 32;
const MAX_PACKETS = 768;

const TOO_MANY = 'more sources and source ports than can be tried';

/**
 * Sends packets from all parts of the Internet and all source ports that the rules distinguish. A packet may meet rules
 * that distinguish more; repeats until nothing new is found.
 */
export function tryStrangers(
  ruleset: Ruleset,
  packet: TriedPacket,
  askedAddress: (range: IpRange) => void = () => undefined,
): TriedPath[] {
  const asks = new Asks(packet.family, askedAddress);
  const send = (source: bigint, sourcePort: number, others: Partial<Stranger> = {}): Fate => {
    const asked: Stranger['asked'] = (what) => asks.note(what);
    const plain = { isPlain: true, comesAgain: false };
    return fateOf(passHooks(ruleset, { ...packet, ...plain, ...others, source, sourcePort, asked }));
  };
  const { address, isRouted = false } = packet;
  const where = { interface: packet.interface, address, isRouted };
  const first = tryAll(asks, where, false, send);
  const again = asks.earlier ? tryAll(asks, where, true, send) : { tried: [], isWhole: true };
  const tried = [...first.tried, ...again.tried];
  const [stranger] = strangersOf(packet.family);
  if (stranger === undefined) return tried;
  const general = { origin: stranger, port: GENERAL_PORT, ...where, comesAgain: false };
  if (asks.headers) {
    const fate = send(stranger.address, GENERAL_PORT, { isPlain: false });
    tried.push({ ...general, isPlain: false, fate });
  }
  const [one] = tried;
  if (one !== undefined && !(asks.isWhole && first.isWhole && again.isWhole))
    tried.push({ ...one, fate: { kind: 'depends', end: one.fate.end, unsure: TOO_MANY } });
  return tried;
}

type Send = (source: bigint, sourcePort: number, others: Partial<Stranger>) => Fate;

function tryAll(
  asks: Asks,
  where: Pick<TriedPath, 'interface' | 'address' | 'isRouted'>,
  comesAgain: boolean,
  send: Send,
): { readonly tried: TriedPath[]; readonly isWhole: boolean } {
  const fates = new Map<string, Fate>();
  let isWhole = false;
  while (!isWhole && fates.size < MAX_PACKETS) {
    isWhole = true;
    for (const [{ address }, port] of asks.packets()) {
      const key = `${address} ${port}`;
      if (fates.has(key)) continue;
      isWhole = false;
      if (fates.size >= MAX_PACKETS) break;
      fates.set(key, send(address, port, { comesAgain }));
    }
  }
  const tried = asks.packets().flatMap(([origin, port]): TriedPath[] => {
    const fate = fates.get(`${origin.address} ${port}`);
    return fate === undefined ? [] : [{ origin, port, ...where, isPlain: true, comesAgain, fate }];
  });
  return { tried, isWhole };
}

/** What rules have asked about senders so far. */
class Asks {
  readonly #family: Family;
  readonly #askedAddress: (range: IpRange) => void;
  readonly #ranges = new Map<string, IpRange>();
  readonly #ports = new Set<number>([GENERAL_PORT]);
  headers = false;
  earlier = false;
  /** Nothing was left out that could matter. */
  isWhole = true;

  constructor(family: Family, askedAddress: (range: IpRange) => void) {
    this.#family = family;
    this.#askedAddress = askedAddress;
  }

  note(what: Asked): void {
    if (what.kind === 'header') this.headers = true;
    else if (what.kind === 'earlier') this.earlier = true;
    else if (what.kind === 'address') this.#askedAddress(what.range);
    else if (what.kind === 'source') {
      if (this.#ranges.size < MAX_RANGES)
        this.#ranges.set(`${what.range.first} ${what.range.last}`, what.range);
    } else {
      for (const port of [what.first, what.last, what.first - 1, what.last + 1]) {
        if (port <= 0 || port > 65_535 || this.#ports.has(port)) continue;
        if (this.#ports.size < MAX_PORTS) this.#ports.add(port);
        else this.isWhole = false;
      }
    }
  }

  /** Ordinary senders from all ports, others from an ordinary one. */
  packets(): [origin: Origin, port: number][] {
    const ranges = [...this.#ranges.values()];
    const strangers = strangersOf(this.#family);
    const nobodys = strangers.filter((one) => !isNamed(one, ranges));
    const parts = ranges.length === 0 ? [] : someAddresses(this.#family, ranges);
    return [...(nobodys.length > 0 ? nobodys : strangers), ...parts].flatMap((origin) =>
      origin.isGeneral
        ? [...this.#ports].map((port): [Origin, number] => [origin, port])
        : [[origin, GENERAL_PORT]],
    );
  }
}

function fateOf(ends: readonly End[]): Fate {
  const passed = ends.find(({ kind }) => kind === 'in');
  const dropped = ends.find(({ kind }) => kind === 'dropped');
  const end = passed ?? dropped;
  if (end === undefined) throw new Error('a packet has no end');
  const why = ends.map(({ journey }) => journey.unsure).find((one) => one !== undefined);
  const kind = passed === undefined ? 'dropped' : dropped === undefined ? 'in' : 'depends';
  return { kind, end, ...(why === undefined ? {} : { unsure: why }) };
}
