import type { Completion } from '../../core/attempt/completion.ts';
import { renderCommands } from '../../core/door/opening.ts';
import type { Lease, LeaseId } from '../../core/lease/lease.ts';
import { LeaseBook } from '../../core/lease/lease-book.ts';
import { after, type Instant, instant, type Millis, millis, since } from '../../core/net/time.ts';
import type { LeaseStore, StoredLease } from '../../host/store/lease-store.ts';
import type { LeaseFate } from './claims.ts';
import { CommandDoors } from './command-doors.ts';
import { adoptedDue, newLease, storedLease } from './keep-lease.ts';
import { LeaseActions, type LeaseActionsParts } from './lease-actions.ts';

/** Doors that are open at one time. */
export const MAX_LEASES = 65_536;

/** A timer does not count while the machine sleeps: with leases open, the clock is looked at this often. */
const LOOK_MS = 1000;

/** A lease's end is written anew when it has moved by so much. */
const KEEP_MS = 1000;

/** A closing command for which the machine had no process is tried again after this long. */
const CLOSE_AGAIN_MS = millis(10_000);

export type DoorKeeperParts = LeaseActionsParts & { readonly store: LeaseStore };

/**
 * Opens doors that have been completed and closes them at their time. A lease is in the store before its start
 * command runs, and leaves it after its stop command has ended.
 */
export class DoorKeeper {
  readonly #parts: DoorKeeperParts;
  readonly #book = new LeaseBook(MAX_LEASES);
  readonly #actions: LeaseActions;
  readonly #commandDoors: CommandDoors;
  /** BOUNDED: by the leases that the store held at the start. */
  readonly #adopted = new Set<LeaseId>();
  /** Leases whose start command has failed. BOUNDED: by the leases. */
  readonly #failed = new Set<LeaseId>();
  /** When a lease's end was last written. BOUNDED: by the leases. */
  readonly #kept = new Map<LeaseId, Instant>();
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  constructor(parts: DoorKeeperParts) {
    this.#parts = parts;
    this.#actions = new LeaseActions(parts);
    this.#commandDoors = new CommandDoors(parts);
  }

  complete(completion: Completion): void {
    const { door, source } = completion;
    const { start, stop } = renderCommands(door.opening, source);
    const hasPorts = door.opening.ports !== undefined;
    if (this.#stopping || (start === undefined && !hasPorts)) return;
    if (start !== undefined && stop === undefined && !hasPorts) {
      this.#commandDoors.complete(door, source, start);
    } else {
      this.#completeLease(completion, start, stop ?? '');
    }
  }

  /** The leases that are open, opening or closing now. */
  leases(): readonly Lease[] {
    return this.#book.leases();
  }

  /** Takes on what the store holds from an earlier run: closes what is overdue, and the rest at its time. */
  adopt(): void {
    for (const stored of this.#parts.store.all()) {
      if (!this.#book.has(stored.id)) void this.#adoptLease(stored);
    }
  }

  /** Closes every door now, those still opening as soon as they have opened. Resolves when all are closed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#book.closeAll(this.#parts.clock.sinceBoot());
    this.#closeDue();
    if (this.#book.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    clearTimeout(this.#timer);
  }

  #completeLease(completion: Completion, start: string | undefined, stop: string): void {
    const { runner, clock } = this.#parts;
    const now = clock.sinceBoot();
    const decision = this.#book.complete(completion, now);
    if (decision.kind === 'full') this.refuse(completion, 'it has as many leases as it may have');
    else if (decision.kind === 'extended') {
      this.#extend(decision.lease, completion.door.opening.cmdTimeout);
      if (start !== undefined && this.#failed.has(decision.lease.id))
        void this.#start(decision.lease, start, true);
    } else if (decision.kind === 'open') {
      if (runner.hasRoom(completion.door.name))
        void this.#open(completion, newLease(completion, now, stop), start);
      else this.refuse(completion, 'too many commands are waiting to run');
    }
  }

  /**
   * The record comes first: without it a crash would leave the door open for ever. Ports that the kernel closes by
   * itself are worth the time that a disk takes, and are opened before.
   */
  async #open(completion: Completion, lease: Lease, start: string | undefined): Promise<void> {
    const { cmdTimeout } = completion.door.opening;
    const portsFirst = lease.opened !== undefined && this.#parts.native?.closesByItself === true;
    this.#book.add(lease);
    const record = (): string | undefined => this.#record(lease, cmdTimeout);
    const ports = (): Promise<string | undefined> => this.#actions.openPorts(lease);
    // Without ports nothing is waited for: the command has its place among those that wait before the next knock.
    let refusal = portsFirst ? await ports() : record();
    if (refusal === undefined && portsFirst) refusal = record();
    else if (refusal === undefined && lease.opened !== undefined) refusal = await ports();
    if (refusal !== undefined) {
      await this.#takeBack(completion, lease, refusal);
      return;
    }
    this.#tell('open', lease);
    if (start !== undefined) await this.#start(lease, start, false);
    this.#settle(lease.id);
  }

  /** A start command that fails is run again at the next knock: its lease is there, but the door may not be open. */
  async #start(lease: Lease, start: string, again: boolean): Promise<void> {
    this.#failed.delete(lease.id);
    const ok = await this.#actions.runStart(lease, start, again);
    if (!ok && this.#book.has(lease.id)) this.#failed.add(lease.id);
  }

  /** Why it cannot be recorded, if so. */
  #record(lease: Lease, length: Millis): string | undefined {
    try {
      this.#parts.store.record(storedLease(lease, length, this.#parts.clock));
      return undefined;
    } catch (error) {
      return `its closing cannot be recorded: ${(error as Error).message}`;
    }
  }

  /** What has been opened or recorded of it goes; the source is told nothing, the log is. */
  async #takeBack(completion: Completion, lease: Lease, reason: string): Promise<void> {
    this.refuse(completion, reason);
    if (lease.opened !== undefined) {
      await this.#actions.closeQuietly(lease);
      this.#attempt(() => this.#parts.store.remove(lease.id));
    }
    this.#forget(lease.id);
  }

  #tell(event: 'open' | 'close', lease: Lease): void {
    const { door, source, opened, due } = lease;
    const { clock, tell } = this.#parts;
    const until = instant(clock.wall() + since(clock.sinceBoot(), due));
    tell({ event, door, source, ports: opened?.ports ?? [], until });
  }

  /** Says, to the log and the hooks, that the door stays shut. */
  refuse({ source, door }: Completion, reason: string): void {
    this.#parts.report({ kind: 'refused', source, door: door.name, reason });
    this.#parts.tell({ event: 'refused', door: door.name, source, ports: door.opening.ports ?? [] });
  }

  /** The start command has ended, however: the lease is open, and its time runs. */
  #settle(id: LeaseId): void {
    const opened = this.#book.opened(id);
    if (opened === undefined) return;
    this.#schedule();
  }

  #extend(lease: Lease, length: Millis): void {
    const { clock, report } = this.#parts;
    // A disk takes its time, and a flood of knocks must not have it taken for each: to the second is near enough.
    if (lease.due - (this.#kept.get(lease.id) ?? 0) < KEEP_MS) return;
    this.#kept.set(lease.id, lease.due);
    this.#keep(lease, length);
    const left = Math.ceil(since(clock.sinceBoot(), lease.due) / 1000);
    report({ kind: 'extended', source: lease.source, door: lease.door, seconds: left });
    void this.#actions.extendPorts(lease);
    this.#schedule();
  }

  #closeDue(): void {
    for (const lease of this.#book.takeDue(this.#parts.clock.sinceBoot())) void this.#close(lease);
    this.#schedule();
  }

  async #close(lease: Lease): Promise<void> {
    if (!(await this.#actions.close(lease))) {
      this.#closeLater(lease);
      return;
    }
    this.#tell('close', lease);
    this.#finish(lease.id);
  }

  /** The row stays: what cannot be closed now is closed later, be it by the next daemon. */
  #closeLater(lease: Lease): void {
    if (this.#stopping) {
      this.#forget(lease.id);
      return;
    }
    const due = after(this.#parts.clock.sinceBoot(), CLOSE_AGAIN_MS);
    this.#book.add({ ...lease, state: 'open', due });
    this.#schedule();
  }

  #finish(id: LeaseId): void {
    this.#attempt(() => {
      this.#parts.store.remove(id);
      // In this order: a claim without a row is swept up, a row without its claim would be closed again. The claims
      // of an adopted lease stay until the next start: a command of the dead daemon may be on its way still.
      if (!this.#adopted.has(id)) this.#parts.claims.drop(id);
    });
    this.#forget(id);
  }

  #forget(id: LeaseId): void {
    this.#failed.delete(id);
    this.#kept.delete(id);
    const again = this.#book.closed(id);
    if (again !== undefined) this.complete(again);
    if (this.#stopping && this.#book.size === 0) this.#onIdle?.();
  }

  async #adoptLease(stored: StoredLease): Promise<void> {
    const { clock, claims, report } = this.#parts;
    const now = clock.sinceBoot();
    const fate = this.#fate(stored);
    this.#adopted.add(stored.id);
    if (fate === 'over') return this.#finish(stored.id);
    // The claim stays until the next start: the command may be on its way still.
    if (fate === 'never') return this.#attempt(() => this.#parts.store.remove(stored.id));
    const { id, door, source, stop, opened } = stored;
    const due = fate === 'cut-off' ? now : adoptedDue(stored, now, clock);
    const state = fate === 'closing' ? 'closing' : 'opening';
    const lease: Lease = { id, door, source, stop, state, due, ...(opened === undefined ? {} : { opened }) };
    this.#book.add(lease);
    if (stored.bootId !== clock.bootId) this.#moveToThisBoot(lease, stored.length);
    report({ kind: 'adopted', source: lease.source, door: lease.door, overdue: lease.due <= now });
    if (fate === 'closing') {
      await claims.ended(claims.stop(stored.id));
      this.#finish(stored.id);
      return;
    }
    if (fate === 'opening') await claims.ended(claims.start(stored.id));
    this.#settle(stored.id);
  }

  /** From here on it is this boot's clock that counts: that of day may jump once more. */
  #moveToThisBoot(lease: Lease, length: Millis): void {
    this.#attempt(() => {
      this.#parts.claims.moveToThisBoot(lease.id);
      this.#parts.store.update(storedLease(lease, length, this.#parts.clock));
    });
  }

  /** Where the claims cannot be read or made, the door is taken for open: a close too many is the lesser evil. */
  #fate({ id, bootId, stop }: StoredLease): LeaseFate {
    let fate: LeaseFate = 'open';
    // Ports alone have no command, and so no claim. A reboot has taken them out of the firewall.
    if (stop === '') return bootId === this.#parts.clock.bootId ? 'open' : 'over';
    this.#attempt(() => {
      fate = this.#parts.claims.fate(id, bootId === this.#parts.clock.bootId);
    });
    return fate;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#book.nextDue();
    if (next === undefined) return;
    const wait = since(this.#parts.clock.sinceBoot(), next);
    this.#timer = setTimeout(() => this.#closeDue(), Math.min(Math.max(0, Math.ceil(wait)), LOOK_MS));
  }

  #keep(lease: Lease, length: Millis): void {
    this.#attempt(() => this.#parts.store.update(storedLease(lease, length, this.#parts.clock)));
  }

  /** What the store cannot do now it says in the log; the door itself is not held up. */
  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.report({ kind: 'error', text: (error as Error).message });
    }
  }
}
