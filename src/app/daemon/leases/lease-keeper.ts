import type { Proof } from '../../../core/attempt/completion.ts';
import type { DoorSpec } from '../../../core/door/door.ts';
import { renderCommands } from '../../../core/door/opening.ts';
import { proofOf, userOf } from '../../../core/lease/holders.ts';
import type { Lease, LeaseId } from '../../../core/lease/lease.ts';
import type { LeaseEffect, OpenOutcome } from '../../../core/lease/lease-effect.ts';
import type { LeaseInput } from '../../../core/lease/lease-input.ts';
import type { LeaseMachine } from '../../../core/lease/lease-machine.ts';
import type { OpenRequest } from '../../../core/lease/open-request.ts';
import { REFUSED } from '../../../core/lease/refusals.ts';
import type { Address } from '../../../core/net/address.ts';
import type { Millis } from '../../../core/net/time.ts';
import { adoptInput } from './adoption.ts';
import { CommandDoors } from './command-doors.ts';
import { DoorLimits } from './door-limits.ts';
import { type CommandEffect, isCommandEffect, LeaseCommands } from './lease-commands.ts';
import { LeaseEnds } from './lease-ends.ts';
import { LeaseIds } from './lease-ids.ts';
import type { LeaseBook, LeaseKeeperParts, LeaseWatcher, OpenResult } from './lease-keeper-parts.ts';
import { LeaseOpenings } from './lease-openings.ts';
import { isRecordEffect, LeaseRecords, type RecordEffect } from './lease-records.ts';
import { LeaseTimer } from './lease-timer.ts';
import { OpenTickets } from './open-tickets.ts';
import { reportLeaseNotice } from './report-lease-notice.ts';

/** Keeps the open doors. The lease machine decides; this class carries out its effects and reports back to it. */
export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #machine: LeaseMachine;
  readonly #runs: CommandDoors;
  readonly #limits = new DoorLimits();
  readonly records: LeaseRecords;
  readonly #openings: LeaseOpenings;
  readonly #commands: LeaseCommands;
  readonly #tickets = new OpenTickets();
  readonly #ends = new LeaseEnds();
  readonly #ids = new LeaseIds();
  /** Inputs that arrived while another one was processed. BOUNDED: by the effects of one input. */
  readonly #inputs: LeaseInput[] = [];
  #isWorking = false;
  readonly #timer: LeaseTimer;
  #isStopping = false;
  #isLeft = false;
  #onIdle: (() => void) | undefined;
  #watcher: LeaseWatcher | undefined;

  constructor(parts: LeaseKeeperParts) {
    const answer = (input: LeaseInput): void => this.#apply(input);
    this.#parts = parts;
    this.#timer = new LeaseTimer(() => this.#look());
    this.#machine = parts.machine;
    this.records = new LeaseRecords({ ...parts, entries: () => parts.machine.entries(), answer });
    this.#openings = new LeaseOpenings({ ...parts, answer });
    const limits = this.#limits;
    this.#commands = new LeaseCommands({ ...parts, limits, answer });
    this.#runs = new CommandDoors({ ...parts, limits, hasRoom: (door) => this.#commands.hasRoom(door) });
  }

  complete(completion: OpenRequest): void {
    void this.requestOpen(completion);
  }

  /** Opens a door after a knock or an operator's command. Resolves when it is open, or the opening is refused. */
  async requestOpen(openRequest: OpenRequest): Promise<OpenResult> {
    const { door, source } = openRequest;
    const proof = proofOf(openRequest);
    // The request may have waited for the door to close.
    if (proof !== undefined && this.#parts.mayHold?.(proof, door.name) === false)
      return this.refuse(openRequest, REFUSED.revoked);
    this.#limits.learn(door);
    const { start, stop } = renderCommands(door.opening, source, userOf(openRequest));
    const isSingleRun = start !== undefined && stop === undefined && door.opening.ports === undefined;
    if (isSingleRun) return this.#request(openRequest, start);
    const outcome = await this.#open(openRequest);
    this.#watcher?.requested(openRequest, outcome);
    if (outcome.kind !== 'opened') return outcome;
    const started = outcome.runsStart ? this.#commands.startOf(outcome.lease.id) : undefined;
    return { kind: 'opened', lease: outcome.lease, ...(started === undefined ? {} : { started }) };
  }

  refuse(openRequest: OpenRequest, reason: string): OpenResult {
    reportLeaseNotice(this.#parts, { kind: 'refused', openRequest, reason });
    return { kind: 'refused', reason };
  }

  /** Makes the source's lease at the door last `length` longer. `undefined`: it is not open. */
  extend(door: string, source: Address, length: Millis): Lease | undefined {
    const lease = this.#machine.current(door, source);
    if (lease?.state !== 'open') return undefined;
    this.#apply({ kind: 'extend', id: lease.id, length });
    const longer = this.#machine.entry(lease.id)?.lease;
    if (longer !== undefined) this.#watcher?.extended(longer);
    return longer;
  }

  /** Removes the holder. The lease closes if nobody else holds it. */
  release(id: LeaseId, holder: Proof): void {
    this.#apply({ kind: 'release', id, holder });
  }

  /** At most one observer. */
  watch(watcher: LeaseWatcher | undefined): void {
    this.#watcher = watcher;
  }

  /** Closes these leases now, on the operator's command. Each promise resolves when the lease is closed. */
  close(leases: readonly Lease[], by?: string): Promise<void>[] {
    const ids = leases.map(({ id }) => id);
    const ended = ids.map((id) => (this.#machine.has(id) ? this.#ends.of(id) : Promise.resolve()));
    this.#apply({ kind: 'close', ids, ...(by === undefined ? {} : { by }) });
    return ended;
  }

  /** Replaces the doors. A lease ends if its door now opens something else: that is not what was knocked for. */
  replaceDoors(doors: readonly DoorSpec[]): void {
    this.#limits.replace(doors);
    this.#apply({ kind: 'doors', doors });
  }

  /** Ends the leases of banned sources, those still opening once they are open. */
  closeBanned(): void {
    this.#apply({ kind: 'bans', isBanned: (source) => this.#isBanned(source) });
  }

  /** Users were removed, disabled or restricted: ends leases that only they hold, including those still opening. */
  closeRevoked(): void {
    const { mayHold } = this.#parts;
    if (mayHold !== undefined) this.#apply({ kind: 'users', mayHold });
  }

  /** Leases that are open, opening or closing, read-only. */
  get book(): LeaseBook {
    return this.#machine;
  }

  leases(): readonly Lease[] {
    return this.#machine.leases();
  }

  /** Takes over stored leases of an earlier run: closes overdue ones now and the others at their time. */
  adopt(doors: readonly DoorSpec[]): void {
    this.replaceDoors(doors);
    for (const stored of this.records.stored()) {
      if (this.#machine.has(stored.id)) continue;
      this.#apply(adoptInput(stored, { ...this.#parts, isBanned: this.#isBanned(stored.source) }));
    }
    this.closeRevoked();
  }

  /** Closes every door now, those still opening once they are open. Resolves when all are closed. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#apply({ kind: 'stop' });
    });
    this.leave();
  }

  /** Gives up: leases that have not closed are left to the next daemon. */
  leave(): void {
    this.#isLeft = true;
    this.#timer.clear();
    this.#openings.close();
    this.records.stop();
  }

  #open(openRequest: OpenRequest): Promise<OpenOutcome> {
    const { native } = this.#parts;
    const { start, stop } = renderCommands(openRequest.door.opening, openRequest.source);
    const { ticket, outcome } = this.#tickets.issue();
    this.#apply({
      ...{ kind: 'open', openRequest, ticket },
      id: this.#ids.next(),
      isBanned: this.#isBanned(openRequest.source),
      hasRoom: this.#commands.hasRoom(openRequest.door),
      // The ports must not open even briefly if a command will be refused for lack of a record.
      closesByItself:
        native?.closesByItself === true &&
        (this.records.canRecord || (start === undefined && stop === undefined)),
    });
    return outcome;
  }

  /** Processes an input and the inputs that it causes, in order. */
  #apply(input: LeaseInput): void {
    if (this.#isLeft) return;
    this.#inputs.push(input);
    if (this.#isWorking) return;
    this.#isWorking = true;
    const { size, failed } = this.#machine;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const effect of this.#machine.apply(next, this.#parts.clock.sinceBoot())) this.#do(effect);
    } finally {
      this.#isWorking = false;
    }
    if (this.#machine.size !== size || this.#machine.failed !== failed) this.#parts.onCount?.();
    this.#timer.set(this.#machine.nextDue(), this.#parts.clock.sinceBoot());
  }

  #do(effect: LeaseEffect): void {
    this.#watcher?.effect(effect);
    if (isRecordEffect(effect)) this.records.do(effect);
    else if (isCommandEffect(effect)) this.#commands.do(effect);
    else this.#doOther(effect);
  }

  #doOther(effect: Exclude<LeaseEffect, RecordEffect | CommandEffect>): void {
    switch (effect.do) {
      case 'report':
        reportLeaseNotice(this.#parts, effect.notice);
        return;
      case 'answer':
        this.#tickets.answer(effect.ticket, effect.outcome);
        return;
      case 'forget':
        this.#openings.forget(effect.id);
        this.#ends.end(effect.id);
        return;
      case 'ask-again':
        this.complete(effect.openRequest);
        return;
      case 'idle':
        this.#onIdle?.();
        return;
      default:
        this.#openings.do(effect);
    }
  }

  #look(): void {
    if (this.#parts.hasEnded?.() === true) this.closeRevoked();
    this.#apply({ kind: 'time' });
  }

  /** A door that runs one command and has no stop command. */
  #request(openRequest: OpenRequest, command: string): OpenResult {
    if (this.#isStopping) return { kind: 'nothing' };
    if (this.#isBanned(openRequest.source)) return this.refuse(openRequest, REFUSED.banned);
    const why = this.#runs.request(openRequest, command);
    return why === undefined ? { kind: 'runs' } : this.refuse(openRequest, why);
  }

  #isBanned(source: Address): boolean {
    return this.#parts.isBanned?.(source) === true;
  }
}
