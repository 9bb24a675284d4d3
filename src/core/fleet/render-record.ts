import { asciiBytes, concatBytes } from '../bytes/concat-bytes.ts';
import { familyOf } from '../net/address.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  BODY_KINDS,
  type EndChange,
  type FleetBody,
  type FleetRecord,
  type LeaseChange,
  SIGNED_AS,
} from './fleet-record.ts';

/** The layout's number. A record with another one is refused. */
export const LAYOUT = 1;

/** Widths in bytes. */
export const WIDTH = { epoch: 8, number: 6, moment: 6, rest: 5, lease: 8 } as const;

/** The `rest` of a permanent ban on the wire. */
export const FOR_GOOD = 2 ** 40 - 1;

/** The lease that an operator's command names on the wire. No lease has this id. */
export const NO_LEASE = '0'.repeat(2 * WIDTH.lease);

const encoder = new TextEncoder();

export const doorBytes = (door: string): Uint8Array => encoder.encode(door);

/** The canonical bytes, which are signed: each record has exactly one form. */
export function renderRecord({ fleet, member, epoch, number, at, body }: FleetRecord): Uint8Array {
  const writer = new ByteWriter();
  writer.number(LAYOUT, 1);
  writer.text(asciiBytes(fleet));
  writer.text(asciiBytes(member));
  writer.hex(epoch);
  writer.number(number, WIDTH.number);
  writer.number(at, WIDTH.moment);
  writer.number(BODY_KINDS.indexOf(body.kind) + 1, 1);
  writeBody(writer, body);
  return writer.finish();
}

/** The bytes that are signed. */
export const signedBytes = (rendered: Uint8Array): Uint8Array => concatBytes(asciiBytes(SIGNED_AS), rendered);

/** Bytes of a change in its record, without its door's name. */
export function changeBytes(kind: FleetBody['kind'], source: LeaseChange['source']): number {
  const address = familyOf(source) === 4 ? 5 : 17;
  switch (kind) {
    case 'open':
    case 'extend':
    case 'hello':
      return 1 + address + WIDTH.rest + WIDTH.lease;
    case 'close':
      return 1 + address + WIDTH.lease;
    case 'ban':
      return address + 1 + WIDTH.rest;
    case 'unban':
      return address + 1;
    default:
      return kind satisfies never;
  }
}

/** For a record without changes: layout, names, epoch, number, moment, kind, the counts of doors and changes. */
export const headBytes = (fleet: string, member: string): number =>
  1 + 1 + fleet.length + 1 + member.length + WIDTH.epoch + WIDTH.number + WIDTH.moment + 1 + 2;

function writeBody(writer: ByteWriter, body: FleetBody): void {
  switch (body.kind) {
    case 'open':
    case 'extend':
    case 'hello':
      writeAtDoors(writer, body.leases, ({ rest, lease }) => {
        writer.number(rest, WIDTH.rest);
        writer.hex(lease);
      });
      return;
    case 'close':
      writeAtDoors(writer, body.ends, ({ lease }) => writer.hex(lease ?? NO_LEASE));
      return;
    case 'ban':
      writer.number(body.bans.length, 1);
      for (const { who, rest } of body.bans) {
        writer.address(who.base);
        writer.number(who.length, 1);
        writer.number(rest ?? FOR_GOOD, WIDTH.rest);
      }
      return;
    case 'unban':
      writer.number(body.lifted.length, 1);
      for (const { base, length } of body.lifted) {
        writer.address(base);
        writer.number(length, 1);
      }
      return;
    default:
      body satisfies never;
  }
}

/** The doors' names once, in the order of the changes, and each change with its door's index. */
function writeAtDoors<C extends LeaseChange | EndChange>(
  writer: ByteWriter,
  changes: readonly C[],
  writeRest: (change: C) => void,
): void {
  const doors = [...new Set(changes.map(({ door }) => door))];
  writer.number(doors.length, 1);
  for (const door of doors) writer.text(doorBytes(door));
  writer.number(changes.length, 1);
  for (const change of changes) {
    writer.number(doors.indexOf(change.door), 1);
    writer.address(change.source);
    writeRest(change);
  }
}
