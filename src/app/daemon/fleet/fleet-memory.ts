import { parseStreamId, type StreamId } from '../../../core/control/fleet-link.ts';
import { type SeenEpoch, SeenRecords } from '../../../core/fleet/seen-records.ts';
import { type Instant, instant, type Millis } from '../../../core/net/time.ts';
import { type FleetRow, type FleetRowName, StoreError } from '../../../host/store/lease-store.ts';
import type { Membership } from './fleet-parts.ts';

/**
 * BOUNDED: members' leases that have ended here, and that a repetition must not open again. The oldest are forgotten.
 */
const MAX_ENDED = 65_536;

/**
 * What is kept about the fleet across restarts: how far the stream has been read, the numbers of each member's records,
 * leases that ended here but continue at their member, and bans. It is written together with the resulting leases.
 */
export class FleetMemory {
  readonly #membership: Membership;
  readonly seen: SeenRecords;
  /** By `member lease`: until when, by the wall clock, the member may repeat it. */
  readonly #done = new Map<string, Instant>();
  /** By `member prefix`: the member's newest record about it. */
  readonly bans = new Map<string, FleetRow>();
  #after: StreamId | undefined;
  readonly #put = new Map<string, FleetRow>();
  readonly #drop = new Map<string, FleetRowName>();
  #hasFailed = false;

  constructor(membership: Membership) {
    this.#membership = membership;
    const rows = this.#read();
    this.seen = new SeenRecords(rows.flatMap((row) => (row.kind === 'seen' ? (readSeen(row) ?? []) : [])));
    for (const row of rows) {
      if (row.kind === 'done') this.#done.set(row.name, row.at);
      else if (row.kind === 'ban') this.bans.set(row.name, row);
      else if (row.kind === 'after') this.#after = parseStreamId(row.value);
    }
  }

  get after(): StreamId | undefined {
    return this.#after;
  }

  read(upTo: StreamId): void {
    this.#after = upTo;
    this.#keep({ kind: 'after', name: '', value: upTo, at: this.#membership.clock.wall() });
  }

  accept(seen: SeenEpoch): void {
    const { member, epoch, number, at } = this.seen.add(seen);
    this.#keep({ kind: 'seen', name: `${member} ${epoch}`, value: `${number}`, at });
  }

  forget(now: Instant, older: Millis): void {
    for (const { member, epoch } of this.seen.forget(now, older))
      this.#forget({ kind: 'seen', name: `${member} ${epoch}` });
    for (const [name, until] of this.#done) if (until <= now) this.#undo(name);
  }

  hasEnded(member: string, lease: string, now: Instant): boolean {
    return (this.#done.get(`${member} ${lease}`) ?? Number.NEGATIVE_INFINITY) > now;
  }

  recordEnded(member: string, lease: string, until: Instant): void {
    const name = `${member} ${lease}`;
    const [oldest] = this.#done.keys();
    if (this.#done.size >= MAX_ENDED && oldest !== undefined) this.#undo(oldest);
    this.#done.set(name, until);
    this.#keep({ kind: 'done', name, value: '', at: until });
  }

  /** There is a new proof for it. */
  clearEnded(member: string, lease: string): void {
    if (this.#done.has(`${member} ${lease}`)) this.#undo(`${member} ${lease}`);
  }

  putBan(row: FleetRow): void {
    this.bans.set(row.name, row);
    this.#keep(row);
  }

  dropBan(name: string): void {
    this.bans.delete(name);
    this.#forget({ kind: 'ban', name });
  }

  /**
   * An orderly stop ends all leases here. So the next start reads the stream again, including the records that this
   * host sent.
   */
  readAgain(): void {
    this.#after = undefined;
    this.#forget({ kind: 'after', name: '' });
    this.flush();
  }

  /** Writes the changes, in one transaction with the resulting leases. */
  flush(): void {
    if (this.#put.size === 0 && this.#drop.size === 0) return;
    const { keeper, store, report } = this.#membership;
    const [put, drop] = [[...this.#put.values()], [...this.#drop.values()]];
    this.#put.clear();
    this.#drop.clear();
    keeper.records
      .alongside(() => store.recordFleet(put, drop))
      .then(
        () => {
          this.#hasFailed = false;
        },
        (error: unknown) => {
          if (!(error instanceof StoreError)) throw error;
          for (const row of put) if (!this.#put.has(keyOf(row))) this.#put.set(keyOf(row), row);
          for (const name of drop) this.#drop.set(keyOf(name), name);
          if (this.#hasFailed) return;
          this.#hasFailed = true;
          const text = `records of the fleet cannot be stored, and will be read again after a restart: ${error.message}`;
          report({ kind: 'error', text });
        },
      );
  }

  #read(): readonly FleetRow[] {
    const { store, report } = this.#membership;
    try {
      return store.fleet();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      report({ kind: 'error', text: error.message });
      return [];
    }
  }

  #undo(name: string): void {
    this.#done.delete(name);
    this.#forget({ kind: 'done', name });
  }

  #keep(row: FleetRow): void {
    this.#drop.delete(keyOf(row));
    this.#put.set(keyOf(row), row);
  }

  #forget(name: FleetRowName): void {
    this.#put.delete(keyOf(name));
    this.#drop.set(keyOf(name), name);
  }
}

const keyOf = ({ kind, name }: FleetRowName): string => `${kind} ${name}`;

function readSeen({ name, value, at }: FleetRow): SeenEpoch | undefined {
  const [member, epoch] = name.split(' ');
  const number = Number(value);
  if (member === undefined || epoch === undefined || !Number.isSafeInteger(number)) return undefined;
  return { member, epoch, number, at: instant(at) };
}
