import { setImmediate } from 'node:timers/promises';
import type { Event } from '../../../core/event/event.ts';
import type { Lease, LeaseId, LeasePorts } from '../../../core/lease/lease.ts';
import { type Family, familyOf } from '../../../core/net/address.ts';
import type { Connections, TrackedConnection } from '../../../host/connections/connections.ts';
import {
  type ConnectionGroups,
  connectionsOf,
  groupBySource,
  isAlive,
  isOn,
  type PortLease,
  queryForLeases,
  renderPorts,
  tracksConnections,
} from '../firewall/lease-match.ts';
import { ConnectionCuts } from './connection-cuts.ts';

/** How often the connections of the leases that they hold are looked at. */
const LOOK_EVERY_MS = 1000;

/** Of so many leases in a row; then others have their turn. */
const LEASES_A_TURN = 256;

/**
 * So many milliseconds the list of a door's connections is good for. Before it is opened for it, a source makes none,
 * so of leases that are opened or end at one time the first alone has the kernel look through its table.
 */
const FRESH_MS = 100;

export type LeaseConnectionsParts = {
  /** Asked for when a lease first needs it. */
  readonly openConnections: () => Connections;
  readonly report: (event: Event) => void;
  /** Connections were made through the lease, and the last of them has gone. Called once. */
  readonly onGone: (id: LeaseId) => void;
  /** A connection made through the lease lives: called at each look. */
  readonly onHeld: (id: LeaseId) => void;
};

/** The connections to a door's ports of one family, by their sources. */
type Fresh = {
  readonly at: number;
  readonly bySource: ConnectionGroups;
};

type Followed = { readonly lease: PortLease; seen: boolean };

/**
 * The connections made through leases with `hold` or `close_kills`: those that the lease's source has begun to its
 * ports, and that were not there before it was opened. Of a lease that an earlier run has left, all count.
 */
export class LeaseConnections {
  readonly #parts: LeaseConnectionsParts;
  #connections: Connections | undefined;
  /**
   * What was there before, by the kernel's numbers. BOUNDED: by the leases, and for each by the connections that its
   * source has to its ports, which the kernel bounds (nf_conntrack_max) and `list` besides.
   */
  readonly #before = new Map<LeaseId, ReadonlySet<number>>();
  /** Leases with `hold` that are open. BOUNDED: by the leases. */
  readonly #followed = new Map<LeaseId, Followed>();
  /** BOUNDED: by the ports of doors, and by time. */
  readonly #fresh = new Map<string, Fresh>();
  readonly #cuts: ConnectionCuts;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** What was last reported of looking: the same trouble is told once, not each second. */
  #trouble = '';

  constructor(parts: LeaseConnectionsParts) {
    this.#parts = parts;
    this.#cuts = new ConnectionCuts(() => this.#open(), parts.report);
  }

  /** Just before the ports of a lease are opened: what is there now was not made through it. */
  before(lease: Lease): void {
    if (!tracksConnections(lease) || this.#before.has(lease.id)) return;
    const there = this.#listNow(lease);
    if (there === undefined) return;
    this.#before.set(lease.id, new Set(there.filter(isOn(lease)).map(({ id }) => id)));
  }

  /** The lease is open, with its ports. */
  follow(lease: Lease): void {
    if (!tracksConnections(lease) || !lease.opened.hold || this.#closed) return;
    this.#followed.set(lease.id, { lease, seen: this.#followed.get(lease.id)?.seen ?? false });
    this.#schedule();
  }

  /** The source has knocked once more: what has ended now is not the end of the lease. */
  renew(lease: Lease): void {
    const followed = this.#followed.get(lease.id);
    if (followed === undefined || !tracksConnections(lease)) return;
    const ended =
      this.#listNow(lease)
        ?.filter(isOn(lease))
        .filter(({ state }) => state === 'ended') ?? [];
    this.#before.set(
      lease.id,
      new Set([...(this.#before.get(lease.id) ?? []), ...ended.map(({ id }) => id)]),
    );
    followed.seen = false;
  }

  /** Whether a connection made through the lease lives now. What cannot be looked at is taken for gone. */
  lives(lease: Lease): boolean {
    if (!tracksConnections(lease)) return false;
    return this.#listNow(lease)?.filter(this.#madeThrough(lease)).some(isAlive) === true;
  }

  /** Cuts the connections made through the lease. Returns how many. What cannot be done is reported. */
  cut(lease: Lease): Promise<number> {
    if (!tracksConnections(lease)) return Promise.resolve(0);
    return this.#cuts.cut(lease, this.#madeThrough(lease));
  }

  /** The lease is over. */
  forget(id: LeaseId): void {
    this.#before.delete(id);
    this.#followed.delete(id);
    if (this.#followed.size === 0) this.#stopLooking();
  }

  close(): void {
    this.#closed = true;
    this.#followed.clear();
    this.#stopLooking();
  }

  #open(): Connections {
    this.#connections ??= this.#parts.openConnections();
    return this.#connections;
  }

  /** The connections of the lease's source to its ports. Never throws: what cannot be listed is reported once. */
  #listNow(lease: PortLease): readonly TrackedConnection[] | undefined {
    const now = performance.now();
    for (const [key, { at }] of this.#fresh) if (now - at >= FRESH_MS) this.#fresh.delete(key);
    const family = familyOf(lease.source);
    const { ports, prefix6 } = lease.opened;
    const key = `${family} ${prefix6} ${renderPorts(ports)}`;
    try {
      const listed = this.#fresh.get(key)?.bySource ?? this.#listFamilyNow(family, lease.opened);
      this.#fresh.set(key, { at: this.#fresh.get(key)?.at ?? now, bySource: listed });
      return connectionsOf(listed, lease);
    } catch (error) {
      this.#tellOnce(error);
      return undefined;
    }
  }

  #listFamilyNow(family: Family, { ports, prefix6 }: LeasePorts): ConnectionGroups {
    const prefixes6 = prefix6 === undefined ? [] : [prefix6];
    const listed = groupBySource(this.#open().listNow({ sources: family, ports }), prefixes6);
    this.#trouble = '';
    return listed;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#followed.size === 0) return;
    this.#timer = setTimeout(() => void this.#lookAndSchedule(), LOOK_EVERY_MS);
  }

  #stopLooking(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The timer stands for the look as well while that goes on: there is one at a time. */
  async #lookAndSchedule(): Promise<void> {
    const timer = this.#timer;
    try {
      await this.#look();
      this.#trouble = '';
    } catch (error) {
      this.#tellOnce(error);
    }
    if (this.#timer !== timer) return;
    this.#timer = undefined;
    this.#schedule();
  }

  /** What cannot be looked at has neither gone nor been held: the lease ends at its time. */
  async #look(): Promise<void> {
    const asked = new Set(this.#followed.keys());
    const sought = queryForLeases(this.#followed.values());
    const listed = groupBySource(await this.#open().list(sought), sought.prefixes6);
    let turn = 0;
    for (const id of asked) {
      this.#judge(id, listed);
      turn++;
      if (turn % LEASES_A_TURN === 0) await setImmediate();
    }
  }

  #judge(id: LeaseId, listed: ConnectionGroups): void {
    // It may have been forgotten meanwhile.
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    const { lease } = followed;
    const made = connectionsOf(listed, lease).filter(this.#madeThrough(lease));
    const lives = made.some(isAlive);
    // One that has come and gone between two looks was there all the same; of an earlier run's nobody knows.
    followed.seen ||= lives || (this.#before.has(id) && made.some(({ state }) => state === 'ended'));
    if (lives) this.#parts.onHeld(id);
    else if (followed.seen) {
      this.#followed.delete(id);
      this.#parts.onGone(id);
    }
  }

  #madeThrough(lease: PortLease): (connection: TrackedConnection) => boolean {
    const before = this.#before.get(lease.id);
    const isOnPorts = isOn(lease);
    return (connection) => isOnPorts(connection) && before?.has(connection.id) !== true;
  }

  #tellOnce(error: unknown): void {
    const { message } = error as Error;
    if (message === this.#trouble) return;
    this.#trouble = message;
    const text = `the connections for hold and close_kills cannot be listed: ${message}`;
    this.#parts.report({ kind: 'error', text });
  }
}
