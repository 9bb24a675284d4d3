import type { DoorSpec } from '../door/door.ts';
import { renderPortOpenings } from '../door/port-opening.ts';
import type { Address } from '../net/address.ts';
import type { Instant } from '../net/time.ts';
import { adopt } from './adopt-lease.ts';
import {
  closeByOrder,
  closeNow,
  closeRefused,
  due,
  endWritten,
  holdChecked,
  portsClosed,
  started,
  stopped,
} from './close-lease.ts';
import { changeHolders, extend, hold } from './extend-lease.ts';
import { type MayHold, withoutRevoked } from './holders.ts';
import type { Lease, LeaseEnd, LeaseId, LeasePorts } from './lease.ts';
import type { LeaseEffect } from './lease-effect.ts';
import type { Answer, LeaseInput } from './lease-input.ts';
import { type Entry, LeaseTable } from './lease-table.ts';
import type { LeaseTransition } from './lease-transition.ts';
import { leasePorts, portsOpen, portsRefused, recorded, recordRefused, requestOpen } from './open-lease.ts';
import { release } from './release-lease.ts';

/** Number of due leases processed at a time; packets get their turn in between. */
const DUE_AT_ONCE = 256;

/**
 * The life of every lease: inputs go in, effects come out. The machine has no clock, does nothing by itself, and knows
 * only its inputs. BOUNDED: by `limit` leases, plus those left in a store.
 */
export class LeaseMachine {
  readonly #table: LeaseTable;
  /** What the doors open now. BOUNDED: by the doors. */
  #ports: ReadonlyMap<string, LeasePorts> = new Map();
  #isStopping = false;

  constructor(limit: number) {
    this.#table = new LeaseTable(limit);
  }

  /** Returns the effects of the input, in order. */
  apply(input: LeaseInput, now: Instant): readonly LeaseEffect[] {
    if (input.kind === 'stop') this.#isStopping = true;
    const transition: LeaseTransition = {
      table: this.#table,
      now,
      effects: [],
      isStopping: this.#isStopping,
    };
    switch (input.kind) {
      case 'open':
        requestOpen(transition, input);
        break;
      case 'adopt':
        this.#adopt(transition, input);
        break;
      case 'extend':
        this.#with(input.id, (entry) => extend(transition, entry, input.length));
        break;
      case 'close':
        for (const id of input.ids) this.#with(id, (entry) => closeByOrder(transition, entry, input.by));
        break;
      case 'release':
        this.#with(input.id, (entry) => release(transition, entry, input.holder));
        break;
      case 'bans':
        this.#closeAll(transition, 'banned', ({ source }) => input.isBanned(source));
        break;
      case 'users':
        this.#revoke(transition, input.mayHold);
        break;
      case 'doors':
        this.#replaceDoors(transition, input.doors);
        break;
      case 'time':
        this.#passTime(transition);
        break;
      case 'stop':
        this.#stop(transition);
        break;
      default:
        this.#with(input.id, (entry) => takeAnswer(transition, entry, input));
    }
    return transition.effects;
  }

  /** When the next `time` input is due. */
  nextDue(): Instant | undefined {
    return this.#table.nextDue();
  }

  get size(): number {
    return this.#table.size;
  }

  /** Number of leases whose start command failed. */
  get failed(): number {
    return this.#table.failed;
  }

  has(id: LeaseId): boolean {
    return this.#table.get(id) !== undefined;
  }

  entry(id: LeaseId): Entry | undefined {
    return this.#table.get(id);
  }

  /** One by one, in the order of their start. */
  entries(): Iterable<Entry> {
    return this.#table.each();
  }

  /** The lease that a knock of the source at the door would extend. */
  current(door: string, source: Address): Lease | undefined {
    return this.#table.current(door, source)?.lease;
  }

  /** Whether a connection keeps it open beyond its time. */
  isHeld(id: LeaseId): boolean {
    const state = this.entry(id)?.state;
    return (state?.at === 'open' || state?.at === 'checking-hold') && state.isHeld;
  }

  /** Why its stop command failed, if it is to be repeated. */
  stopFailure(id: LeaseId): string | undefined {
    const state = this.entry(id)?.state;
    return state?.at === 'retrying-stop' || state?.at === 'stopping' ? state.failure : undefined;
  }

  countAt(door: string): number {
    return this.#table.countAt(door);
  }

  /** One by one, in the order of their start, as they are at that moment. */
  *each(): Iterable<Lease> {
    for (const { lease } of this.#table.each()) yield lease;
  }

  leases(): Lease[] {
    return [...this.each()];
  }

  #with(id: LeaseId, action: (entry: Entry) => void): void {
    const entry = this.#table.get(id);
    if (entry !== undefined) action(entry);
  }

  #adopt(transition: LeaseTransition, input: Extract<LeaseInput, { kind: 'adopt' }>): void {
    const entry = this.has(input.lease.id) ? undefined : adopt(transition, input);
    if (entry === undefined) return;
    if (this.#isStopping) closeNow(transition, entry, 'stopped');
    else if (input.isBanned) closeNow(transition, entry, 'banned');
    else if (this.#differs(entry.lease)) closeNow(transition, entry, 'changed');
  }

  #replaceDoors(transition: LeaseTransition, doors: readonly DoorSpec[]): void {
    const ports = doors.map(({ name, opening }) => [name, leasePorts(opening)] as const);
    this.#ports = new Map(ports.filter((one): one is [string, LeasePorts] => one[1] !== undefined));
    this.#closeAll(transition, 'changed', (lease) => this.#differs(lease));
  }

  /** Whether its door now opens something else, or in another way. A removed door leaves its leases unchanged. */
  #differs({ door, opened }: Lease): boolean {
    const ports = this.#ports.get(door);
    return opened !== undefined && ports !== undefined && !samePorts(opened, ports);
  }

  #closeAll(transition: LeaseTransition, how: LeaseEnd, chosen: (lease: Lease) => boolean): void {
    for (const entry of [...this.#table.each()]) if (chosen(entry.lease)) closeNow(transition, entry, how);
  }

  /** Ends what only revoked users hold. A lease with other holders continues without them. */
  #revoke(transition: LeaseTransition, mayHold: MayHold): void {
    for (const entry of [...this.#table.each()]) {
      const lease = withoutRevoked(entry.lease, mayHold);
      if (lease === undefined) closeNow(transition, entry, 'revoked');
      else if (lease !== entry.lease) changeHolders(transition, entry, lease);
    }
  }

  #passTime(transition: LeaseTransition): void {
    for (let count = 0; count < DUE_AT_ONCE; count++) {
      const entry = this.#table.due(transition.now);
      if (entry === undefined) return;
      due(transition, entry);
    }
  }

  /** Closes every lease now. Failed closings are retried once more. */
  #stop(transition: LeaseTransition): void {
    for (const entry of [...this.#table.each()]) closeNow(transition, entry, 'stopped');
    if (this.#table.size === 0) transition.effects.push({ do: 'idle' });
  }
}

function takeAnswer(transition: LeaseTransition, entry: Entry, answer: Answer): void {
  switch (answer.kind) {
    case 'recorded':
      recorded(transition, entry);
      return;
    case 'record-refused':
      recordRefused(transition, entry, answer.why);
      return;
    case 'ports-open':
      portsOpen(transition, entry);
      return;
    case 'ports-refused':
      portsRefused(transition, entry, answer.why);
      return;
    case 'ports-closed':
      portsClosed(transition, entry, answer.cut);
      return;
    case 'close-refused':
      closeRefused(transition, entry);
      return;
    case 'started':
      started(transition, entry, answer.failure);
      return;
    case 'stopped':
      stopped(transition, entry, answer.isCutOff, answer.failure);
      return;
    case 'hold-checked':
      holdChecked(transition, entry, answer.lives);
      return;
    case 'connection':
      if (answer.lives) hold(transition, entry);
      else closeNow(transition, entry, 'left');
      return;
    case 'end-written':
      endWritten(transition, entry);
      return;
    default:
      answer satisfies never;
  }
}

function samePorts(a: LeasePorts, b: LeasePorts): boolean {
  return (
    a.singleUse === b.singleUse &&
    a.hold === b.hold &&
    a.closeKills === b.closeKills &&
    a.prefix6 === b.prefix6 &&
    renderPortOpenings(a.ports) === renderPortOpenings(b.ports)
  );
}
