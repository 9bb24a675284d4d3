import { PROTOCOL_NUMBER } from '../net/protocol.ts';
import type { Packet } from '../packet/packet.ts';
import { NO_SLOT } from './attempt-row.ts';
import type { AttemptTable } from './attempt-table.ts';
import { type DoorIndex, OWN_GROUP, stepCode, targetGroup } from './door-index.ts';

/**
 * Whether an attempt that began less than `age` ms before `now` waits for this knock. Some clients send identical
 * packets at each attempt. If the second attempt is slightly faster, a copy may belong to a new attempt while the
 * packet of the old one is still remembered. UDP copies are told apart by time only.
 */
export function isAwaited(
  table: AttemptTable,
  index: DoorIndex,
  packet: Packet,
  local: boolean,
  now: number,
  age: number,
): boolean {
  if (packet.protocol !== PROTOCOL_NUMBER.tcp) return false;
  if (local && isAwaitedIn(OWN_GROUP, table, index, packet, local, now, age)) return true;
  return index.isTarget(packet) && isAwaitedIn(targetGroup(packet), table, index, packet, local, now, age);
}

function isAwaitedIn(
  group: number,
  table: AttemptTable,
  index: DoorIndex,
  packet: Packet,
  local: boolean,
  now: number,
  age: number,
): boolean {
  const { family, source0, source1, source2, source3 } = packet;
  const code = stepCode(packet.protocol, packet.destinationPort);
  let slot = table.first(group, family, source0, source1, source2, source3);
  for (; slot !== NO_SLOT; slot = table.next(slot)) {
    const door = table.door(slot);
    if (index.group(door) !== group || !index.concerns(door, packet, local)) continue;
    const elapsed = now - table.start(slot);
    if (index.expected(door, table.stage(slot)) !== code || Math.abs(elapsed) > index.timeout(door)) continue;
    // Counted times are kept in whole milliseconds.
    if (elapsed + 1 < age) return true;
  }
  return false;
}
