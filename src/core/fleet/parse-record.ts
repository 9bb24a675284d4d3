import type { Address } from '../net/address.ts';
import { type Prefix, parsePrefix, prefixWidth, renderPrefix } from '../net/prefix.ts';
import { instant, millis } from '../net/time.ts';
import { ByteReader } from './byte-reader.ts';
import { isFleetName } from './fleet-name.ts';
import {
  type BanChange,
  BODY_KINDS,
  type EndChange,
  type FleetBody,
  type FleetLeaseId,
  type FleetRecord,
  type LeaseChange,
  MAX_CHANGES,
  MAX_DOOR_BYTES,
  MAX_RECORD_BYTES,
  SIGNATURE_BYTES,
} from './fleet-record.ts';
import { FOR_GOOD, LAYOUT, NO_LEASE, renderRecord, WIDTH } from './render-record.ts';

/** A record whose signature has not been checked yet. `rendered`: its bytes without the signature. */
export type UnverifiedRecord = {
  readonly record: FleetRecord;
  readonly rendered: Uint8Array;
  readonly signature: Uint8Array;
};

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `undefined` for anything but the canonical bytes of a record followed by a signature. Never throws. */
export function parseRecord(bytes: Uint8Array): UnverifiedRecord | undefined {
  if (bytes.length > MAX_RECORD_BYTES || bytes.length <= SIGNATURE_BYTES) return undefined;
  const rendered = bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
  const record = readRecord(new ByteReader(rendered));
  // A record has exactly one form.
  if (record === undefined || !isSame(renderRecord(record), rendered)) return undefined;
  return { record, rendered, signature: bytes.subarray(rendered.length) };
}

function readRecord(reader: ByteReader): FleetRecord | undefined {
  if (reader.number(1) !== LAYOUT) return undefined;
  const fleet = readText(reader);
  const member = readText(reader);
  const epoch = reader.hex(WIDTH.epoch);
  const number = reader.number(WIDTH.number);
  const at = instant(reader.number(WIDTH.moment));
  const kind = BODY_KINDS[reader.number(1) - 1];
  if (fleet === undefined || member === undefined || kind === undefined || number === 0) return undefined;
  if (!isFleetName(fleet) || !isFleetName(member)) return undefined;
  const body = readBody(reader, kind);
  if (body === undefined || reader.failed || !reader.isAtEnd) return undefined;
  return { fleet, member, epoch, number, at, body };
}

function readBody(reader: ByteReader, kind: FleetBody['kind']): FleetBody | undefined {
  switch (kind) {
    case 'open':
    case 'extend':
    case 'hello': {
      const leases = readAtDoors(reader, readLease);
      return leases === undefined || (leases.length === 0 && kind !== 'hello') ? undefined : { kind, leases };
    }
    case 'close': {
      const ends = readAtDoors(reader, readEnd);
      return ends === undefined || ends.length === 0 ? undefined : { kind, ends };
    }
    case 'ban': {
      const bans = readSome(reader, readBan);
      return bans === undefined || bans.length === 0 ? undefined : { kind, bans };
    }
    case 'unban': {
      const lifted = readSome(reader, readPrefix);
      return lifted === undefined || lifted.length === 0 ? undefined : { kind, lifted };
    }
    default:
      return kind satisfies never;
  }
}

type Place = { readonly door: string; readonly source: Address };

function readAtDoors<C>(
  reader: ByteReader,
  readOne: (reader: ByteReader, place: Place) => C,
): readonly C[] | undefined {
  const doors = readSome(reader, readDoor);
  if (doors === undefined) return undefined;
  return readSome(reader, () => {
    const door = doors[reader.number(1)];
    const source = reader.address();
    return door === undefined || source === undefined ? undefined : readOne(reader, { door, source });
  });
}

/** A count in one byte, then the items. `undefined`: an item is invalid, or there are too many. */
function readSome<T>(
  reader: ByteReader,
  readOne: (reader: ByteReader) => T | undefined,
): readonly T[] | undefined {
  const count = reader.number(1);
  if (count > MAX_CHANGES) return undefined;
  const all: T[] = [];
  for (let i = 0; i < count; i++) {
    const one = readOne(reader);
    if (one === undefined || reader.failed) return undefined;
    all.push(one);
  }
  return all;
}

function readLease(reader: ByteReader, place: Place): LeaseChange {
  const rest = millis(reader.number(WIDTH.rest));
  return { ...place, rest, lease: reader.hex(WIDTH.lease) as FleetLeaseId };
}

function readEnd(reader: ByteReader, place: Place): EndChange {
  const lease = reader.hex(WIDTH.lease);
  return lease === NO_LEASE ? place : { ...place, lease: lease as FleetLeaseId };
}

function readBan(reader: ByteReader): BanChange | undefined {
  const who = readPrefix(reader);
  const rest = reader.number(WIDTH.rest);
  if (who === undefined) return undefined;
  return rest === FOR_GOOD ? { who } : { who, rest: millis(rest) };
}

function readPrefix(reader: ByteReader): Prefix | undefined {
  const base = reader.address();
  const length = reader.number(1);
  if (base === undefined || length > prefixWidth(base)) return undefined;
  // Bits set after its length: not a prefix.
  return parsePrefix(renderPrefix({ base, length }));
}

function readDoor(reader: ByteReader): string | undefined {
  const bytes = reader.text();
  return bytes.length === 0 || bytes.length > MAX_DOOR_BYTES ? undefined : decode(bytes);
}

function readText(reader: ByteReader): string | undefined {
  return decode(reader.text());
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);
