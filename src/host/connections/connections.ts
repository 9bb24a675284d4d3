import type { Address, Family } from '../../core/net/address.ts';
import type { Protocol } from '../../core/net/protocol.ts';

/**
 * State of a connection. `asked`: its first packet has not been answered · `alive` · `ended`: it was established and is
 * over, except for late segments · `refused`: it was never established.
 */
export type ConnectionState = 'asked' | 'alive' | 'ended' | 'refused';

/** A connection as the kernel's connection tracking knows it. The source is the side that began it. */
export type TrackedConnection = {
  /** The kernel's id of the entry. */
  readonly id: number;
  readonly protocol: Protocol;
  readonly source: Address;
  /** The addressed port, before any translation. */
  readonly port: number;
  /** `input`: it ends at this host; `forward`: it is forwarded. */
  readonly path: 'input' | 'forward';
  readonly state: ConnectionState;
  /** Identifies it when the kernel is asked to cut it. */
  readonly ends: ConnectionEnds;
};

/** Addresses and ports as the answering socket knows them, after any translation. */
export type ConnectionEnds = {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
  /** Attributes of ctnetlink that identify the entry, as the kernel wrote them. */
  readonly name: Uint8Array;
};

/** Addressed ports, first to last. */
export type QueriedPorts = { readonly protocol: Protocol; readonly first: number; readonly last: number };

/** Connections that one of these sources, or any source of a family, has begun to one of these ports. */
export type ConnectionQuery = {
  readonly sources: ReadonlySet<Address> | Family;
  /**
   * Lengths of IPv6 prefixes whose base addresses are among the sources. Each stands for all addresses of its prefix.
   */
  readonly prefixes6?: readonly number[];
  readonly ports: readonly QueriedPorts[];
};

/** TCP and UDP connections of this network namespace. Throws the system's error as a `SystemCallError`. */
export interface Connections {
  /** The matching connections. The kernel searches its whole table: about 10 ms for 262,144 entries. */
  listNow(sought: ConnectionQuery): readonly TrackedConnection[];
  /** As `listNow`, without blocking the event loop. */
  list(sought: ConnectionQuery): Promise<readonly TrackedConnection[]>;
  /**
   * Ends the local TCP sockets of these connections, with a reset to the other side, and deletes the kernel's entries,
   * so that further packets count as new. A connection that is already gone is not an error.
   */
  cut(connections: readonly TrackedConnection[]): void;
}
