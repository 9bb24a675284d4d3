import { type Address, type Family, familyOf } from '../../net/address.ts';
import type { Ingress } from '../../net/ingress.ts';
import { addressNumber, type IpRange } from './ip-range.ts';
import type { HostRoutes } from './journey.ts';
import type { Ruleset } from './ruleset.ts';
import { type TriedPacket, type TriedPath, tryStrangers } from './try-strangers.ts';

/** How a host behind this one may be reached. */
export type Routed = {
  readonly ingresses: readonly Ingress[];
  /** This host's own addresses: the others are in the same networks. */
  readonly near: readonly Address[];
};

type Question = Omit<TriedPacket, 'interface' | 'address'> & { readonly routed?: Routed };

/** BOUNDED: hosts behind this one tried from one interface. */
const MAX_FORWARDED = 16;

const TOO_MANY = 'more hosts behind this one than can be tried';

/** Sends strangers' packets through this host: to its networks, and to addresses that rules on the way name. */
export function tryForwarded(ruleset: Ruleset, question: Question): TriedPath[] {
  const { routed, family, routes } = question;
  if (routed === undefined) return [];
  return routed.ingresses
    .filter(({ from }) => routes.sendsOn?.(family, from) !== false)
    .flatMap((ingress) => tryFrom(ruleset, question, ingress, routed.near));
}

function tryFrom(
  ruleset: Ruleset,
  question: Question,
  { from, exceptTo }: Ingress,
  near: readonly Address[],
): TriedPath[] {
  const { family, routes } = question;
  const behind = new Behind(family, routes, exceptTo);
  for (const one of near) if (familyOf(one) === family) behind.addNear(addressNumber(one));
  const tried: TriedPath[] = [];
  // A packet may meet rules on its way that name more.
  for (const address of behind.all) {
    const packet = { ...question, interface: from, address, isRouted: true };
    tried.push(...tryStrangers(ruleset, packet, (range) => behind.addRange(range)));
  }
  const [first] = tried;
  if (first !== undefined && behind.isCut)
    tried.push({ ...first, fate: { kind: 'depends', end: first.fate.end, unsure: TOO_MANY } });
  return tried;
}

class Behind {
  /** Grows during the iteration. */
  readonly all = new Set<bigint>();
  isCut = false;
  readonly #family: Family;
  readonly #routes: HostRoutes;
  readonly #exceptTo: readonly string[];

  constructor(family: Family, routes: HostRoutes, exceptTo: readonly string[]) {
    this.#family = family;
    this.#routes = routes;
    this.#exceptTo = exceptTo;
  }

  /** The next or the previous address in the same network. */
  addNear(own: bigint): void {
    this.#addFirst([own + 1n, own - 1n, own + 2n]);
  }

  addRange({ first, last }: IpRange): void {
    const middle = first + (last - first) / 2n;
    this.#addFirst([middle, first + 1n <= last ? first + 1n : first, last]);
  }

  #addFirst(candidates: readonly bigint[]): void {
    const found = candidates.find((address) => address > 0n && this.#isBehind(address));
    if (found === undefined || this.all.has(found)) return;
    if (this.all.size < MAX_FORWARDED) this.all.add(found);
    else this.isCut = true;
  }

  #isBehind(address: bigint): boolean {
    const way = this.#routes.routeTo(this.#family, address);
    return way !== undefined && way !== 'local' && way !== 'none' && !this.#exceptTo.includes(way);
  }
}
