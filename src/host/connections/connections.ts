import type { Address, Family } from '../../core/net/address.ts';
import type { Protocol } from '../../core/net/protocol.ts';

/**
 * What a connection is at. `asked`: what began it has not been answered · `alive` · `ended`: it was one, and is
 * over but for late segments · `refused`: it came to nothing.
 */
export type ConnectionState = 'asked' | 'alive' | 'ended' | 'refused';

/** A connection as the kernel's connection tracking knows it, seen from who began it. */
export type TrackedConnection = {
  /** The kernel's own number for it. */
  readonly id: number;
  readonly protocol: Protocol;
  readonly source: Address;
  /** The port that was addressed, before any translation. */
  readonly port: number;
  /** `input`: it ends at this host; `forward`: it goes through. */
  readonly path: 'input' | 'forward';
  readonly state: ConnectionState;
  /** How the kernel is asked to cut it. */
  readonly ends: ConnectionEnds;
};

/** Who answers, and whom: addresses and ports as the answering socket knows them, behind any translation. */
export type ConnectionEnds = {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Attributes of ctnetlink that name the entry, as the kernel wrote them. */
  readonly name: Uint8Array;
};

/** Ports that are addressed, first to last. */
export type QueriedPorts = { readonly protocol: Protocol; readonly first: number; readonly last: number };

/** Connections that one of these sources, or any of a family, has begun, to one of these ports. */
export type ConnectionQuery = {
  readonly sources: ReadonlySet<Address> | Family;
  /** Lengths of IPv6 prefixes whose bases are among the sources: each stands for all addresses of its prefix. */
  readonly prefixes6?: readonly number[];
  readonly ports: readonly QueriedPorts[];
};

/**
 * Connections through this network namespace, of TCP and UDP. What the system refuses is thrown as a
 * `SystemCallError`.
 */
export interface Connections {
  /** Those that are sought. The kernel looks through the whole of its table: some 10 ms for one of 262,144 places. */
  listNow(sought: ConnectionQuery): readonly TrackedConnection[];
  /** The same without holding up anything else. */
  list(sought: ConnectionQuery): Promise<readonly TrackedConnection[]>;
  /**
   * Ends the local TCP sockets of these connections, with a reset to the other side, and has the kernel forget the
   * connections, so that their further packets are judged like newcomers'. One that is gone already is no error.
   */
  cut(connections: readonly TrackedConnection[]): void;
}
