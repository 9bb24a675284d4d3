import type { DoorSpec } from '../../core/door/door.ts';
import { renderCommands } from '../../core/door/opening.ts';
import type { Demand } from '../../core/lease/demand.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import { LeaseBook } from '../../core/lease/lease-book.ts';
import type { Address } from '../../core/net/address.ts';
import type { Millis } from '../../core/net/time.ts';
import { FULL } from '../../core/trace/explain-trace.ts';
import type { LeaseStore } from '../../host/store/lease-store.ts';
import { CommandDoors } from './command-doors.ts';
import type { DemandOutcome } from './demand-outcome.ts';
import { DoorLimits } from './door-limits.ts';
import { DoorPorts } from './door-ports.ts';
import { HeldLeases } from './held-leases.ts';
import { endingOf, newLease } from './keep-lease.ts';
import { LeaseActions, type LeaseActionsParts } from './lease-actions.ts';
import { LeaseAdoption } from './lease-adoption.ts';
import { LeaseClosing } from './lease-closing.ts';
import { LeaseJournal } from './lease-journal.ts';
import { LeaseLengths } from './lease-lengths.ts';
import { LeaseNotes } from './lease-notes.ts';

/** Doors that are open at one time. */
export const MAX_LEASES = 65_536;

export type DoorKeeperParts = LeaseActionsParts & {
  readonly store: LeaseStore;
  /** Whether nothing may be open to the source. */
  readonly isBanned?: (source: Address) => boolean;
  /** Called when there is a lease more or less, often perhaps. */
  readonly onCount?: () => void;
};

/**
 * Opens doors that have been completed and closes them at their time. A lease is in the store before its start
 * command runs, and leaves it after its stop command has ended.
 */
export class DoorKeeper {
  readonly #parts: DoorKeeperParts;
  readonly #journal: LeaseJournal;
  readonly #book = new LeaseBook(MAX_LEASES);
  readonly #actions: LeaseActions;
  readonly #commandDoors: CommandDoors;
  readonly #notes = new LeaseNotes();
  readonly #ports = new DoorPorts();
  readonly #limits = new DoorLimits();
  readonly #held: HeldLeases;
  readonly #closing: LeaseClosing;
  readonly #lengths: LeaseLengths;
  readonly #adopting: LeaseAdoption;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  constructor(parts: DoorKeeperParts) {
    this.#parts = parts;
    this.#journal = new LeaseJournal(parts);
    const limited = { ...parts, limits: this.#limits };
    this.#actions = new LeaseActions(
      limited,
      (id) => this.#hold(id),
      (id) => this.#closing.endNow(id, 'left'),
    );
    const shared = { ...parts, book: this.#book, notes: this.#notes, actions: this.#actions };
    const keep = this.#keep.bind(this);
    this.#held = new HeldLeases({ ...shared, keep });
    this.#lengths = new LeaseLengths({ ...shared, keep });
    this.#closing = new LeaseClosing({
      ...shared,
      journal: this.#journal,
      held: this.#held,
      forget: this.#forget.bind(this),
    });
    this.#commandDoors = new CommandDoors(limited);
    this.#adopting = new LeaseAdoption({
      ...shared,
      limits: this.#limits,
      journal: this.#journal,
      closing: this.#closing,
      keep,
      startEnded: this.#startEnded.bind(this),
      settle: this.#settle.bind(this),
    });
  }

  complete(completion: Demand): void {
    void this.demand(completion);
  }

  /** Opens what has been knocked for, or ordered. Resolves when it is open, or is known not to be opened. */
  async demand(demand: Demand): Promise<DemandOutcome> {
    const { door, source } = demand;
    const { start, stop } = renderCommands(door.opening, source);
    const hasPorts = door.opening.ports !== undefined;
    if (this.#stopping || (start === undefined && !hasPorts)) return { kind: 'nothing' };
    if (this.#isBanned(source)) return this.refuse(demand, 'the address is banned');
    this.#limits.learn(door);
    if (start !== undefined && stop === undefined && !hasPorts) {
      return this.#commandDoors.complete(door, source, start);
    }
    return this.#completeLease(demand, start, stop ?? '');
  }

  refuse(demand: Demand, reason: string): DemandOutcome {
    this.#actions.refuse(demand, reason);
    return { kind: 'refused', reason };
  }

  /** Leaves the source's lease at the door open for so much longer. `undefined` where it is not open. */
  extend(door: string, source: Address, length: Millis): Lease | undefined {
    const lease = this.#book.current(door, source);
    return lease === undefined ? undefined : this.#lengths.add(lease, length);
  }

  /** Closes these leases now, by the operator's word. Each resolves when nothing of it is open any more. */
  close(leases: readonly Lease[]): Promise<void>[] {
    return this.#closing.endAll(leases);
  }

  /** The doors are these now. A lease of one that opens something else by now ends: it would not be what was knocked for. */
  replaceDoors(doors: readonly DoorSpec[]): void {
    this.#ports.replace(doors);
    this.#limits.replace(doors);
    for (const lease of this.#book.leases())
      if (this.#ports.differFrom(lease)) this.#closing.endNow(lease.id, 'changed');
  }

  /** What is open, opening or closing now, to look at. */
  get book(): Pick<LeaseBook, 'size' | 'failed' | 'countAt' | 'current' | 'each'> {
    return this.#book;
  }

  /** Whether a connection keeps it open beyond its time. */
  isHeld(id: LeaseId): boolean {
    return this.#notes.held.has(id);
  }

  /** How its stop command has ended, where that did not close it. */
  stopFailure(id: LeaseId): string | undefined {
    return this.#notes.unclosed.get(id)?.stopFailure;
  }

  /** Somebody has been banned: the leases of such sources end, those still opening when they have opened. */
  closeBanned(): void {
    for (const lease of this.#book.leases())
      if (this.#isBanned(lease.source)) this.#closing.endNow(lease.id, 'banned');
  }

  /** The leases that are open, opening or closing now. */
  leases(): readonly Lease[] {
    return this.#book.leases();
  }

  /** Takes on what the store holds from an earlier run: closes what is overdue, and the rest at its time. */
  adopt(doors: readonly DoorSpec[]): void {
    this.#ports.replace(doors);
    this.#limits.replace(doors);
    for (const stored of this.#parts.store.all()) {
      if (!this.#book.has(stored.id)) void this.#adopting.adopt(stored);
    }
  }

  /** Closes every door now, those still opening as soon as they have opened. Resolves when all are closed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#closing.stop();
    if (this.#book.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    this.#closing.end();
    this.#actions.connections.close();
    this.#journal.flush();
  }

  async #completeLease(demand: Demand, start: string | undefined, stop: string): Promise<DemandOutcome> {
    const { runner, clock } = this.#parts;
    const now = clock.sinceBoot();
    const decision = this.#book.complete(demand, now);
    switch (decision.kind) {
      case 'full':
        return this.refuse(demand, FULL);
      case 'after-close':
        // One that could not be closed is tried at once: somebody waits for it.
        this.#closing.closeDue();
        return decision;
      case 'extended': {
        const { lease } = decision;
        this.#notes.reprieve(lease.id);
        this.#lengths.knocked(lease, demand.door.opening.cmdTimeout);
        if (start !== undefined && lease.startFailure !== undefined) void this.#start(lease, start, true);
        return { kind: 'extended', lease: this.#book.lease(lease.id) ?? lease };
      }
      case 'open': {
        // The command has its place among those that wait before the next knock.
        const release =
          start === undefined
            ? () => undefined
            : runner.reserve(demand.door.name, demand.door.limits?.commands);
        if (release === undefined) return this.refuse(demand, 'too many commands are waiting to run');
        return this.#open(demand, newLease(demand, now, stop), start, release);
      }
    }
  }

  async #open(
    demand: Demand,
    lease: Lease,
    start: string | undefined,
    release: () => void,
  ): Promise<DemandOutcome> {
    this.#book.add(lease);
    this.#parts.onCount?.();
    const refusal = await this.#establish(lease, demand.door.opening.cmdTimeout);
    release();
    if (refusal !== undefined) return this.#takeBack(demand, lease, refusal);
    this.#actions.announce(lease);
    // Ports close at their time, however long the command takes.
    if (lease.opened !== undefined) this.#settle(lease);
    if (start === undefined) return { kind: 'opened', lease };
    const started = this.#start(lease, start, false);
    if (lease.opened === undefined) void started.then(() => this.#settle(lease));
    return { kind: 'opened', lease, started };
  }

  /**
   * The record comes first: without it a crash would leave the door open for ever. Ports that the kernel closes by
   * itself are worth the time that a disk takes, and are opened before. Returns why it cannot be done, if so.
   */
  async #establish(lease: Lease, length: Millis): Promise<string | undefined> {
    if (this.#parts.native?.closesByItself === true && this.#parts.store.isAvailable)
      return (await this.#actions.openPorts(lease)) ?? (await this.#journal.record(lease, length));
    return (await this.#journal.record(lease, length)) ?? (await this.#actions.openPorts(lease));
  }

  /** A start command that fails is run again at the next knock: its lease is there, but the door may not be open. */
  async #start(lease: Lease, start: string, again: boolean): Promise<boolean> {
    this.#startEnded(lease.id, undefined);
    const failure = await this.#actions.runStart(lease, start, again);
    this.#startEnded(lease.id, failure);
    return failure === undefined;
  }

  /** What a start command has failed of is written down: it belongs to the lease, through restarts too. */
  #startEnded(id: LeaseId, failure: string | undefined): void {
    const before = this.#book.lease(id)?.startFailure;
    const lease = this.#book.startEnded(id, failure);
    if (lease !== undefined && failure !== before) this.#journal.keepStart(lease);
  }

  /** What has been opened or recorded of it goes; the source is told nothing, the log is. */
  async #takeBack(demand: Demand, lease: Lease, reason: string): Promise<DemandOutcome> {
    const outcome = this.refuse(demand, reason);
    if (lease.opened !== undefined) {
      await this.#actions.closeQuietly(lease);
      await this.#journal.end(lease.id, endingOf(lease, 'failed', this.#parts.clock));
    }
    this.#forget(lease.id);
    return outcome;
  }

  /** The start command has ended, however: the lease is open, and its time runs. */
  #settle({ id }: Lease): void {
    const lease = this.#book.opened(id);
    if (lease === undefined) return;
    this.#actions.connections.follow(lease);
    if (this.#isBanned(lease.source)) this.#closing.endNow(id, 'banned');
    else if (this.#ports.differFrom(lease)) this.#closing.endNow(id, 'changed');
    this.#closing.schedule();
  }

  #hold(id: LeaseId): void {
    const lease = this.#book.lease(id);
    if (lease?.state === 'open' && !this.#stopping) this.#held.hold(lease);
  }

  #forget(id: LeaseId): void {
    this.#notes.forget(id);
    this.#actions.connections.forget(id);
    const again = this.#book.closed(id);
    if (again !== undefined) this.complete(again);
    this.#closing.forgotten(id);
    this.#parts.onCount?.();
    if (this.#stopping && this.#book.size === 0) this.#onIdle?.();
  }

  #keep(lease: Lease, length: Millis): void {
    this.#notes.kept.set(lease.id, lease.due);
    this.#journal.keep(lease, length);
    this.#closing.schedule();
  }

  #isBanned(source: Address): boolean {
    return this.#parts.isBanned?.(source) === true;
  }
}
