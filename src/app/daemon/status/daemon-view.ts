import { setTimeout as delay } from 'node:timers/promises';
import type { PendingAttempt } from '../../../core/attempt/pending-attempt.ts';
import type { DaemonStatus, ExposureStatus, StartOptions } from '../../../core/control/daemon-status.ts';
import type { DoorStatus } from '../../../core/control/door-status.ts';
import type { Pulse } from '../../../core/control/feed-event.ts';
import type { FleetStatus } from '../../../core/control/fleet-status.ts';
import type { LeaseStatus } from '../../../core/control/lease-status.ts';
import { acceptsProof, DEFAULT_MAX_LEASES, type DoorSpec, userProofs } from '../../../core/door/door.ts';
import { renderPortOpenings } from '../../../core/door/port-opening.ts';
import type { UserProof } from '../../../core/door/proof-kind.ts';
import { type Lease, MAX_LEASES } from '../../../core/lease/lease.ts';
import { coversAddress, leasePrefix } from '../../../core/lease/lease-prefix.ts';
import { type Address, familyOf } from '../../../core/net/address.ts';
import { renderPrefix } from '../../../core/net/prefix.ts';
import { type Instant, type Millis, millis, since } from '../../../core/net/time.ts';
import type { CaptureCounters } from '../../../host/capture/capture.ts';
import type { Clock } from '../../../host/clock/clock.ts';
import type { ConfigInForce } from '../../config/config-in-force.ts';
import type { DaemonOptions } from '../../config/daemon-options.ts';
import type { OneTimeDoors } from '../../config/one-time-doors.ts';
import { startOptionsOf } from '../../config/start-options.ts';
import type { FirewallDoors } from '../firewall/firewall-doors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import { toWallTime } from '../leases/lease-record.ts';
import type { KnockListener } from '../packets/knock-listener.ts';
import type { CodeCounters } from '../reporting/code-counters.ts';
import type { ProofCounters } from '../reporting/proof-counters.ts';
import type { Reports } from '../reporting/reports.ts';
import type { SpaCounters } from '../reporting/spa-counters.ts';

/** How long a client waits for a large ruleset to be judged. */
const PATIENCE_MS = 2000;

/** BOUNDED: interfaces in a status. A host with containers may have thousands. */
const MAX_INTERFACES = 64;

/** BOUNDED: attempts shown per door and in all. A flood makes a million. */
const ATTEMPTS_EACH = 64;
const MAX_ATTEMPTS = 256;

export type DaemonViewParts = {
  readonly options: DaemonOptions;
  readonly inForce: ConfigInForce;
  readonly clock: Clock;
  readonly watch: KnockListener;
  readonly keeper: LeaseKeeper;
  readonly native: FirewallDoors;
  readonly reports: Reports;
  readonly proofs: {
    readonly signed: ProofCounters;
    readonly codes: CodeCounters;
    readonly spa: SpaCounters;
  };
  readonly payloads: {
    readonly packets: () => { readonly signed: CaptureCounters; readonly spa: CaptureCounters };
  };
  readonly oneTime: OneTimeDoors;
  readonly fleet?: { readonly status: FleetStatus | undefined };
  readonly isUnconfirmed: () => boolean;
  readonly trialLeft: () => Millis | undefined;
  readonly exposure: { readonly status: ExposureStatus | undefined; checkNow(): Promise<void> };
};

/** Selects leases: of a door, for an address, held by a user. */
export type LeaseFilter = { readonly door?: string; readonly source?: Address; readonly user?: string };

/**
 * The daemon's state for `bussa status` and other readers. Reading changes nothing, and waits for nothing except
 * `judge`.
 */
export class DaemonView {
  readonly #parts: DaemonViewParts;
  /** Paths are absolute, because the reader may be in another directory. */
  readonly #options: StartOptions;
  readonly #started: { readonly at: Instant; readonly sinceBoot: Instant };

  constructor(parts: DaemonViewParts) {
    this.#parts = parts;
    this.#options = startOptionsOf(parts.options);
    this.#started = { at: parts.clock.wall(), sinceBoot: parts.clock.sinceBoot() };
  }

  /** By the wall clock. */
  get now(): Instant {
    return this.#parts.clock.wall();
  }

  /** Values that cost almost nothing to read. */
  pulse(): Pulse {
    const { clock, watch, keeper } = this.#parts;
    const { passed, dropped } = watch.packets();
    return {
      now: clock.wall(),
      packets: { passed, dropped },
      attempts: watch.pending,
      leases: keeper.book.size,
    };
  }

  /** Brings the judgement of the rules up to date, unless that takes long. */
  async judge(): Promise<void> {
    await Promise.race([this.#parts.exposure.checkNow(), delay(PATIENCE_MS, undefined, { ref: false })]);
  }

  /** Takes well below 1 ms, except once a second, when the penalties are counted. */
  status(): DaemonStatus {
    const { options, inForce, clock, watch, keeper, native, reports, proofs, payloads, isUnconfirmed } =
      this.#parts;
    const { counts, lastError } = reports.counters;
    const trialLeft = this.#parts.trialLeft();
    const splits = watch.splits.report(clock.wall());
    const exposure = this.#parts.exposure.status;
    const fleet = this.#parts.fleet?.status;
    return {
      version: options.version ?? 'unknown',
      pid: process.pid,
      startedAt: this.#started.at,
      uptime: since(this.#started.sinceBoot, clock.sinceBoot()),
      configFile: this.#options.configFile,
      options: this.#options,
      listeningOn: watch.interfaces.listeningOn,
      interfaces: watch.interfaces.heard.slice(0, MAX_INTERFACES).map(({ name, up }) => ({ name, up })),
      firewall: native.status,
      looked: {
        interfaces: watch.interfaces.lookedAt,
        ...(native.lookedAt === undefined ? {} : { firewall: native.lookedAt }),
      },
      ...(exposure === undefined ? {} : { exposure }),
      doors: inForce.current.doors.length,
      leases: { open: keeper.book.size, failed: keeper.book.failed, max: MAX_LEASES },
      packets: watch.packets(),
      counts,
      ...(this.#isTaken('key')
        ? { signed: { packets: payloads.packets().signed, ...proofs.signed.counts } }
        : {}),
      ...(this.#isTaken('code') ? { codes: proofs.codes.counts } : {}),
      ...(this.#isTaken('spa') ? { spa: { packets: payloads.packets().spa, ...proofs.spa.counts } } : {}),
      attempts: watch.pending,
      tripwires: { touches: watch.touches, suspects: watch.suspects },
      ...(splits.length === 0 ? {} : { splits }),
      bans: watch.bans.count(clock.wall()),
      ...(fleet === undefined ? {} : { fleet }),
      unconfirmed: isUnconfirmed(),
      ...(trialLeft === undefined ? {} : { trialLeft }),
      ...(lastError === undefined ? {} : { lastError }),
    };
  }

  #isTaken(proof: UserProof): boolean {
    return this.#parts.inForce.current.doors.some((door) => acceptsProof(door, proof));
  }

  /** In the order of the configuration, one by one: there may be 65,535. */
  *doors(): Generator<DoorStatus> {
    const watched = new Set(this.#parts.watch.doors.map(({ name }) => name));
    for (const door of this.#parts.inForce.current.doors)
      yield this.#door(door, watched.has(door.name) || userProofs(door).length > 0);
  }

  /** The newest ones of each door. */
  attempts(): Generator<PendingAttempt> {
    return this.#parts.watch.attempts(ATTEMPTS_EACH, MAX_ATTEMPTS);
  }

  #door(door: DoorSpec, isWatched: boolean): DoorStatus {
    const { keeper, native, oneTime, reports } = this.#parts;
    const { name, opening, maxLeases = DEFAULT_MAX_LEASES, sequenceSource } = door;
    const commands = Object.values(opening.commands);
    const shut = isWatched ? native.skipReason(name) : oneTime.whyShut(name);
    return {
      name,
      ports: renderPortOpenings(opening.ports ?? []),
      command: commands.some(({ start }) => start !== undefined),
      openFor: opening.cmdTimeout,
      leases: keeper.book.countAt(name),
      maxLeases,
      oneTime: sequenceSource.kind === 'one-time',
      ...(door.accept === undefined ? {} : { accept: door.accept }),
      ...(shut === undefined ? {} : { shut }),
      counts: reports.counters.countsOf(name),
    };
  }

  /** In the order of their start, one by one. Leases that come or go meanwhile may be missing. */
  *leases(choice: LeaseFilter = {}): Generator<LeaseStatus> {
    const { door, source, user } = choice;
    for (const lease of this.#parts.keeper.book.each()) {
      if (door !== undefined && lease.door !== door) continue;
      if (user !== undefined && lease.holders?.some((one) => one.user === user) !== true) continue;
      if (source === undefined || coversAddress(lease, source)) yield this.lease(lease);
    }
  }

  lease(lease: Lease): LeaseStatus {
    const { clock, keeper } = this.#parts;
    const { id, door, source, state, opened, due, holders, isShared, byOperator, orderedBy, startFailure } =
      lease;
    const stopFailure = keeper.book.stopFailure(id);
    return {
      id,
      door,
      source,
      state,
      ...(opened?.prefix6 === undefined || familyOf(source) === 4
        ? {}
        : { prefix: renderPrefix(leasePrefix(lease)) }),
      ports: renderPortOpenings(opened?.ports ?? []),
      since: toWallTime(lease.since, clock),
      until: toWallTime(due, clock),
      left: millis(Math.max(0, since(clock.sinceBoot(), due))),
      held: keeper.book.isHeld(id),
      ...(holders === undefined ? {} : { holders }),
      ...(isShared === undefined ? {} : { isShared }),
      ...(byOperator === undefined ? {} : { byOperator }),
      ...(orderedBy === undefined ? {} : { orderedBy }),
      ...(startFailure === undefined ? {} : { startFailure }),
      ...(stopFailure === undefined ? {} : { stopFailure }),
    };
  }
}
