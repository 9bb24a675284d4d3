import { PrefixTable } from '../ban/prefix-table.ts';
import type { Address, Family } from '../net/address.ts';
import { AddressTable } from '../net/address-table.ts';
import type { LocalRoute } from '../net/local-route.ts';
import { prefixWidth } from '../net/prefix.ts';

/** Only the host's owner adds entries to the table, so its hash needs no secret. */
const NO_SECRET = [0x6f776e, 0x61646472] as const;

/**
 * The addresses of this host: those of its interfaces, and those that only a local route makes its own, individually or
 * by prefix. A query costs one look-up, plus one per different prefix length.
 */
export class OwnAddresses {
  readonly #single: AddressTable;
  readonly #prefixes = new PrefixTable(NO_SECRET);
  readonly #broadcast: AddressTable;

  constructor(addresses: Iterable<Address>, routes: readonly LocalRoute[] = []) {
    const single = new Set(addresses);
    const broadcast: Address[] = [];
    // The table of single addresses covers the loopback network, for which the kernel has a local route.
    for (const { prefix, kind } of routes) {
      if (kind === 'broadcast') broadcast.push(prefix.base);
      else if (prefix.base.startsWith('127.')) continue;
      else if (prefix.length === prefixWidth(prefix.base)) single.add(prefix.base);
      else this.#prefixes.put(prefix, prefix.length);
    }
    this.#single = new AddressTable(single, { loopback: true });
    this.#broadcast = new AddressTable(broadcast, { loopback: false });
  }

  has(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
    return (
      this.#single.has(family, w0, w1, w2, w3) ||
      this.#prefixes.greatest(family, w0, w1, w2, w3) !== Number.NEGATIVE_INFINITY
    );
  }

  /**
   * Whether a packet from this address is this host's own. A route that makes all addresses the host's own (a
   * transparent proxy's, in the table `local`) does not count.
   */
  sends(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
    return this.#single.has(family, w0, w1, w2, w3) || this.#prefixes.greatest(family, w0, w1, w2, w3) > 0;
  }

  /** Whether the address is the broadcast address of a network that the host is in. */
  isBroadcast(family: Family, w0: number, w1: number, w2: number, w3: number): boolean {
    return this.#broadcast.has(family, w0, w1, w2, w3);
  }
}
