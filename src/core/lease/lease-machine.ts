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
import type { LeaseTurn } from './lease-turn.ts';
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
  take(input: LeaseInput, now: Instant): readonly LeaseEffect[] {
    if (input.kind === 'stop') this.#isStopping = true;
    const turn: LeaseTurn = { table: this.#table, now, effects: [], isStopping: this.#isStopping };
    switch (input.kind) {
      case 'open':
        requestOpen(turn, input);
        break;
      case 'adopt':
        this.#adopt(turn, input);
        break;
      case 'extend':
        this.#with(input.id, (entry) => extend(turn, entry, input.length));
        break;
      case 'close':
        for (const id of input.ids) this.#with(id, (entry) => closeByOrder(turn, entry, input.by));
        break;
      case 'release':
        this.#with(input.id, (entry) => release(turn, entry, input.holder));
        break;
      case 'bans':
        this.#closeAll(turn, 'banned', ({ source }) => input.isBanned(source));
        break;
      case 'users':
        this.#revoke(turn, input.mayHold);
        break;
      case 'doors':
        this.#replaceDoors(turn, input.doors);
        break;
      case 'time':
        this.#passTime(turn);
        break;
      case 'stop':
        this.#stop(turn);
        break;
      default:
        this.#with(input.id, (entry) => takeAnswer(turn, entry, input));
    }
    return turn.effects;
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

  #adopt(turn: LeaseTurn, input: Extract<LeaseInput, { kind: 'adopt' }>): void {
    const entry = this.has(input.lease.id) ? undefined : adopt(turn, input);
    if (entry === undefined) return;
    if (this.#isStopping) closeNow(turn, entry, 'stopped');
    else if (input.isBanned) closeNow(turn, entry, 'banned');
    else if (this.#differs(entry.lease)) closeNow(turn, entry, 'changed');
  }

  #replaceDoors(turn: LeaseTurn, doors: readonly DoorSpec[]): void {
    const ports = doors.map(({ name, opening }) => [name, leasePorts(opening)] as const);
    this.#ports = new Map(ports.filter((one): one is [string, LeasePorts] => one[1] !== undefined));
    this.#closeAll(turn, 'changed', (lease) => this.#differs(lease));
  }

  /** Whether its door now opens something else, or in another way. A removed door leaves its leases unchanged. */
  #differs({ door, opened }: Lease): boolean {
    const ports = this.#ports.get(door);
    return opened !== undefined && ports !== undefined && !samePorts(opened, ports);
  }

  #closeAll(turn: LeaseTurn, how: LeaseEnd, chosen: (lease: Lease) => boolean): void {
    for (const entry of [...this.#table.each()]) if (chosen(entry.lease)) closeNow(turn, entry, how);
  }

  /** Ends what only revoked users hold. A lease with other holders continues without them. */
  #revoke(turn: LeaseTurn, mayHold: MayHold): void {
    for (const entry of [...this.#table.each()]) {
      const lease = withoutRevoked(entry.lease, mayHold);
      if (lease === undefined) closeNow(turn, entry, 'revoked');
      else if (lease !== entry.lease) changeHolders(turn, entry, lease);
    }
  }

  #passTime(turn: LeaseTurn): void {
    for (let count = 0; count < DUE_AT_ONCE; count++) {
      const entry = this.#table.due(turn.now);
      if (entry === undefined) return;
      due(turn, entry);
    }
  }

  /** Closes every lease now. Failed closings are retried once more. */
  #stop(turn: LeaseTurn): void {
    for (const entry of [...this.#table.each()]) closeNow(turn, entry, 'stopped');
    if (this.#table.size === 0) turn.effects.push({ do: 'idle' });
  }
}

function takeAnswer(turn: LeaseTurn, entry: Entry, answer: Answer): void {
  switch (answer.kind) {
    case 'recorded':
      recorded(turn, entry);
      return;
    case 'record-refused':
      recordRefused(turn, entry, answer.why);
      return;
    case 'ports-open':
      portsOpen(turn, entry);
      return;
    case 'ports-refused':
      portsRefused(turn, entry, answer.why);
      return;
    case 'ports-closed':
      portsClosed(turn, entry, answer.cut);
      return;
    case 'close-refused':
      closeRefused(turn, entry);
      return;
    case 'started':
      started(turn, entry, answer.failure);
      return;
    case 'stopped':
      stopped(turn, entry, answer.isCutOff, answer.failure);
      return;
    case 'hold-checked':
      holdChecked(turn, entry, answer.lives);
      return;
    case 'connection':
      if (answer.lives) hold(turn, entry);
      else closeNow(turn, entry, 'left');
      return;
    case 'end-written':
      endWritten(turn, entry);
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
