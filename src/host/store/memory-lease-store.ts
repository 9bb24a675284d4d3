import { renderPortOpenings } from '../../core/door/port-opening.ts';
import type { LeaseId } from '../../core/lease/lease.ts';
import type { LeaseEnding, PastLease } from '../../core/lease/past-lease.ts';
import { instant } from '../../core/net/time.ts';
import {
  type FleetRow,
  type LeaseStore,
  MAX_HISTORY,
  type PastFilter,
  type PastPiece,
  type StoredCodes,
  type StoredLease,
  type StoredUses,
  StoreError,
} from './lease-store.ts';

/** Leases that end with the process: for runs that open nothing, and for tests. */
export class MemoryLeaseStore implements LeaseStore {
  readonly isOpen = true;
  readonly #leases = new Map<LeaseId, StoredLease>();
  readonly #history: PastLease[] = [];

  reopen(): void {}

  record(lease: StoredLease): void {
    if (this.#leases.has(lease.id)) throw new StoreError(`cannot record a lease: ${lease.id} already exists`);
    this.#leases.set(lease.id, lease);
  }

  update(lease: StoredLease): void {
    const known = this.#leases.get(lease.id);
    if (known === undefined) return;
    const { due, dueWall, length, bootId } = lease;
    const { holders: _holders, isShared: _shared, ...rest } = known;
    const held = heldBy(lease);
    this.#leases.set(lease.id, { ...rest, ...held, due, dueWall, length, bootId, since: lease.since });
  }

  noteStart(id: LeaseId, startFailure: string | undefined): void {
    const known = this.#leases.get(id);
    if (known === undefined) return;
    const { startFailure: _, ...rest } = known;
    this.#leases.set(id, startFailure === undefined ? rest : { ...rest, startFailure });
  }

  end(id: LeaseId, ending: LeaseEnding): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    const { door, source, opened, sinceWall, byOperator, orderedBy } = lease;
    this.#history.push({
      id,
      door,
      source,
      ports: renderPortOpenings(opened?.ports ?? []),
      sinceWall,
      ...heldBy(lease),
      ...(byOperator === undefined ? {} : { byOperator }),
      ...(orderedBy === undefined ? {} : { orderedBy }),
      ...ending,
    });
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
  }

  remove(id: LeaseId): void {
    this.#leases.delete(id);
  }

  all(): StoredLease[] {
    return [...this.#leases.values()];
  }

  history(limit: number): PastLease[] {
    return this.#history.slice(-limit).reverse();
  }

  past({ door, source, user, since, until }: PastFilter): PastPiece {
    const leases = this.#history.filter(
      (lease) =>
        (door === undefined || lease.door === door) &&
        (source === undefined || lease.source === source) &&
        (user === undefined || lease.holders?.some((one) => one.user === user) === true) &&
        (since === undefined || lease.at >= since) &&
        (until === undefined || lease.sinceWall <= until),
    );
    return { leases: leases.reverse() };
  }

  /** Nothing outlives the process, so there is no record of an earlier one. */
  uses(): StoredUses {
    return { floor: instant(0), used: [] };
  }

  recordUses(): void {}

  endUses(): void {}

  codes(): StoredCodes {
    return { floor: 0, used: [], isWhole: false };
  }

  recordCodes(): void {}

  forgiveCodes(): void {}

  endCodes(): void {}

  fleet(): readonly FleetRow[] {
    return [];
  }

  recordFleet(): void {}

  together(changes: () => void): void {
    const leases = new Map(this.#leases);
    const past = this.#history.length;
    try {
      changes();
    } catch (error) {
      this.#leases.clear();
      for (const [id, lease] of leases) this.#leases.set(id, lease);
      this.#history.length = past;
      throw error;
    }
  }

  close(): void {
    this.#leases.clear();
  }
}

function heldBy({ holders, isShared }: Pick<StoredLease, 'holders' | 'isShared'>) {
  return {
    ...(holders === undefined ? {} : { holders }),
    ...(isShared === undefined ? {} : { isShared }),
  };
}
