import type { Event } from '../../../core/event/event.ts';
import type { Connections, TrackedConnection } from '../../../host/connections/connections.ts';
import {
  connectionsOf,
  groupBySource,
  isCuttable,
  type PortLease,
  queryForLeases,
} from '../firewall/lease-match.ts';

/** New connections made during a cut are cut in another pass. Maximum number of passes. */
const CUTS = 16;

type IsMade = (connection: TrackedConnection) => boolean;

/** A lease whose connections are to be cut. */
type Cut = {
  readonly lease: PortLease;
  readonly isMade: IsMade;
  count: number;
  readonly resolve: (count: number) => void;
};

/** Cuts connections. One read of the kernel's table serves several leases. */
export class ConnectionCuts {
  readonly #open: () => Connections;
  readonly #report: (event: Event) => void;
  /** BOUNDED: by the leases. */
  readonly #waiting: Cut[] = [];
  #isCutting = false;

  constructor(open: () => Connections, report: (event: Event) => void) {
    this.#open = open;
    this.#report = report;
  }

  /** Cuts the lease's connections that `isMade` selects. Returns how many. Failures are reported. */
  cut(lease: PortLease, isMade: IsMade): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.push({ lease, isMade, count: 0, resolve });
      if (!this.#isCutting) void this.#cutAll();
    });
  }

  /** Requests that arrive during a cut form the next batch. */
  async #cutAll(): Promise<void> {
    this.#isCutting = true;
    for (let some = this.#waiting.splice(0); some.length > 0; some = this.#waiting.splice(0)) {
      try {
        await this.#cutTogether(some);
      } catch (error) {
        const text = `not all connections of ${renderLeases(some)} are cut: ${(error as Error).message}`;
        this.#report({ kind: 'error', text });
      }
      for (const { count, resolve } of some) resolve(count);
    }
    this.#isCutting = false;
  }

  async #cutTogether(cuts: readonly Cut[]): Promise<void> {
    const connections = this.#open();
    for (let round = 0; round < CUTS; round++) {
      const sought = queryForLeases(cuts);
      const listed = groupBySource(await connections.list(sought), sought.prefixes6);
      let isDone = true;
      for (const cut of cuts) {
        const made = connectionsOf(listed, cut.lease).filter(cut.isMade).filter(isCuttable);
        if (made.length === 0) continue;
        isDone = false;
        connections.cut(made);
        cut.count += made.length;
      }
      if (isDone) return;
    }
  }
}

function renderLeases(cuts: readonly Cut[]): string {
  const first = cuts.slice(0, 3).map(({ lease }) => `${lease.source} at ${lease.door}`);
  const more = cuts.length - first.length;
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
