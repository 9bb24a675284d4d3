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

/** Interval at which the connections of held leases are checked. */
const LOOK_EVERY_MS = 1000;

/** Number of leases checked per turn of the event loop. */
const LEASES_A_TURN = 256;

/**
 * How long a list of a door's connections stays valid, in ms. A source makes no connection before its door opens, so if
 * several leases open or end at once, the kernel searches its table once.
 */
const FRESH_MS = 100;

export type LeaseConnectionsParts = {
  /** Called when a lease first needs it. */
  readonly openConnections: () => Connections;
  readonly report: (event: Event) => void;
  /** Called once, when the last connection made through the lease has ended. */
  readonly onGone: (id: LeaseId) => void;
  /** Called at each check while a connection made through the lease lives. */
  readonly onHeld: (id: LeaseId) => void;
};

/** The connections to a door's ports of one family, by source. */
type Fresh = {
  readonly at: number;
  readonly bySource: ConnectionGroups;
};

type Followed = { readonly lease: PortLease; seen: boolean };

/**
 * Tracks the connections made through leases with `hold` or `close_kills`: connections from the lease's source to its
 * ports that did not exist before it opened. For a lease of an earlier run, all of them count.
 */
export class LeaseConnections {
  readonly #parts: LeaseConnectionsParts;
  #connections: Connections | undefined;
  /**
   * Connections that existed before, by kernel id. BOUNDED: by the leases, and for each by the connections of its
   * source to its ports. The kernel (nf_conntrack_max) and `list` limit these.
   */
  readonly #before = new Map<LeaseId, ReadonlySet<number>>();
  /** Open leases with `hold`. BOUNDED: by the leases. */
  readonly #followed = new Map<LeaseId, Followed>();
  /** BOUNDED: by the doors' ports, and by time. */
  readonly #fresh = new Map<string, Fresh>();
  readonly #cuts: ConnectionCuts;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The last reported failure of a check, so that it is not reported every second. */
  #trouble = '';

  constructor(parts: LeaseConnectionsParts) {
    this.#parts = parts;
    this.#cuts = new ConnectionCuts(() => this.#open(), parts.report);
  }

  /** Called just before a lease's ports open: connections that exist now were not made through it. */
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

  /** The source knocked again: connections that have just ended do not end the lease. */
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

  /** Whether a connection made through the lease lives now. If it cannot be checked, the answer is no. */
  lives(lease: Lease): boolean {
    if (!tracksConnections(lease)) return false;
    return this.#listNow(lease)?.filter(this.#madeThrough(lease)).some(isAlive) === true;
  }

  /** Cuts the connections made through the lease. Returns how many. Failures are reported. */
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

  /** The connections from the lease's source to its ports. Never throws. A failure is reported once. */
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

  /** The timer stays set while a check runs, so there is only one at a time. */
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

  /** If the check fails, the connection counts as neither gone nor alive: the lease ends at its time. */
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
    // The lease may have been forgotten meanwhile.
    const followed = this.#followed.get(id);
    if (followed === undefined) return;
    const { lease } = followed;
    const made = connectionsOf(listed, lease).filter(this.#madeThrough(lease));
    const lives = made.some(isAlive);
    // A connection that came and went between two checks counts too. For a lease of an earlier run this is unknown.
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
