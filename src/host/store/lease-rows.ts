import { parsePortOpening, renderPortOpenings } from '../../core/door/port-opening.ts';
import { LEASE_ENDS, type LeaseEnd, type LeaseId, type LeasePorts } from '../../core/lease/lease.ts';
import type { PastLease } from '../../core/lease/past-lease.ts';
import { type Address, parseAddress } from '../../core/net/address.ts';
import { instant, millis } from '../../core/net/time.ts';
import { readHolders, renderHolders } from './holder-text.ts';
import type { StoredLease } from './lease-store.ts';

export const LEASE_COLUMNS = [
  'id',
  'door',
  'source',
  'stop',
  'since',
  'since_wall',
  'due',
  'due_wall',
  'length',
  'boot_id',
  'ports',
  'single_use',
  'hold',
  'close_kills',
  'by_operator',
  'start_failure',
  'prefix6',
  'holders',
  'ordered_by',
] as const;

type Value = string | number;
type Row = Readonly<Record<string, unknown>>;

/** The values of `LEASE_COLUMNS`, in their order. */
export function leaseValues(lease: StoredLease): Value[] {
  const { id, door, source, stop, since, sinceWall, due, dueWall, length, bootId, opened, byOperator } =
    lease;
  const ports = renderPortOpenings(opened?.ports ?? []);
  const { singleUse, hold, closeKills, prefix6 = 0 } = opened ?? NOTHING;
  const rest = [lease.startFailure ?? '', prefix6, renderHolders(lease), lease.orderedBy ?? ''] as const;
  const ways = [bit(singleUse), bit(hold), bit(closeKills), bit(byOperator)] as const;
  return [id, door, source, stop, since, sinceWall, due, dueWall, length, bootId, ports, ...ways, ...rest];
}

const NOTHING: Partial<LeasePorts> = {};

const bit = (way: boolean | undefined): number => (way === true ? 1 : 0);

/** Throws an `Error` if this program did not write it. */
export function readLeaseRow(row: Row): StoredLease {
  return {
    id: String(row.id) as LeaseId,
    door: String(row.door),
    source: readSource(row),
    stop: String(row.stop),
    since: instant(Number(row.since)),
    sinceWall: instant(Number(row.since_wall)),
    due: instant(Number(row.due)),
    dueWall: instant(Number(row.due_wall)),
    length: millis(Number(row.length)),
    bootId: String(row.boot_id),
    ...readOpened(row),
    ...readOrigin(row),
    ...readHolders(row.holders),
    ...readStartFailure(row),
  };
}

/** Throws an `Error` if this program did not write it. */
export function readHistoryRow(row: Row): PastLease {
  return {
    id: String(row.id) as LeaseId,
    door: String(row.door),
    source: readSource(row),
    ports: String(row.ports),
    sinceWall: instant(Number(row.since_wall)),
    at: instant(Number(row.at)),
    lasted: millis(Number(row.lasted)),
    how: readEnd(row),
    ...readOrigin(row),
    ...readHolders(row.holders),
    ...readStartFailure(row),
    ...(row.stop_failure === '' ? {} : { stopFailure: String(row.stop_failure) }),
    ...(row.closed_by === '' ? {} : { closedBy: String(row.closed_by) }),
  };
}

function readOrigin(row: Row): Pick<PastLease, 'byOperator' | 'orderedBy'> {
  if (row.by_operator !== 1) return {};
  return { byOperator: true, ...(row.ordered_by === '' ? {} : { orderedBy: String(row.ordered_by) }) };
}

function readStartFailure(row: Row): { readonly startFailure?: string } {
  return row.start_failure === '' ? {} : { startFailure: String(row.start_failure) };
}

function readSource({ source }: Row): Address {
  const address = parseAddress(String(source));
  if (address === undefined) throw new Error(`a row's source is not an address: ${String(source)}`);
  return address;
}

function readEnd({ how }: Row): LeaseEnd {
  const end = LEASE_ENDS.find((one) => one === how);
  if (end === undefined) throw new Error(`unknown way for a lease to end: ${String(how)}`);
  return end;
}

function readOpened(row: Row): Pick<StoredLease, 'opened'> {
  const text = String(row.ports);
  if (text === '') return {};
  const ports = text.split(', ').map((one) => {
    const port = parsePortOpening(one);
    if (port === undefined) throw new Error(`a row's ports cannot be read: ${text}`);
    return port;
  });
  const opened = {
    ports: ports as unknown as LeasePorts['ports'],
    singleUse: row.single_use === 1,
    hold: row.hold === 1,
    closeKills: row.close_kills === 1,
    ...(row.prefix6 === 0 ? {} : { prefix6: Number(row.prefix6) }),
  };
  return { opened };
}
