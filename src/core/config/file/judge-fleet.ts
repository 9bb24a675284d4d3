import type { DoorSpec } from '../../door/door.ts';
import { type FleetRight, inFleet } from '../../door/fleet-right.ts';
import { MAX_DOOR_BYTES } from '../../fleet/fleet-record.ts';
import type { Findings } from '../../text/findings.ts';
import type { Entry, Section } from './read-sections.ts';

/** Mistakes in a door's fleet directives. */
export function judgeFleetDoors(
  sections: readonly Section[],
  doors: readonly DoorSpec[],
  findings: Findings,
): void {
  const hasFleet = sections.some(({ kind }) => kind === 'fleet');
  for (const section of sections) {
    if (section.kind !== 'door') continue;
    const entry = lastOf(section, 'Fleet');
    const claim = lastOf(section, 'Fleet_Claim');
    const first = entry ?? claim;
    if (first === undefined) continue;
    if (!hasFleet) {
      const remedy = 'add one, as `bussa fleet init` prints it, or remove the line';
      findings.error(first.key, `${first.directive.name} without a section [fleet]: ${remedy}`);
    }
    const door = doors.find(({ name }) => name === section.name.text);
    const why = door === undefined ? undefined : whyNot(door);
    if (entry !== undefined && why !== undefined) findings.error(entry.key, why);
    if (door === undefined || claim === undefined || door.accept?.some((one) => one !== 'sequence')) continue;
    const what = 'Fleet_Claim in a door that accepts no keys, no codes, no SPA: it has no effect';
    findings.error(claim.key, `${what}; add accept = key, code or spa, or remove it`);
  }
}

function whyNot(door: DoorSpec): string | undefined {
  const { opening, sequenceSource } = door;
  const has = (...rights: readonly FleetRight[]) => rights.some((right) => inFleet(door, right));
  if (has('share', 'accept')) {
    const { 4: v4, 6: v6 } = opening.commands;
    const isLease = opening.ports !== undefined || v4.stop !== undefined || v6.stop !== undefined;
    if (!isLease) return 'a door without Open and without Stop_Command has no leases to share: remove Fleet';
    if (opening.singleUse === true)
      return 'Fleet beside Single_Use: each member would let one connection in; remove one of them';
    if (new TextEncoder().encode(door.name).length > MAX_DOOR_BYTES)
      return `the name of a door of a fleet has at most ${MAX_DOOR_BYTES} bytes: shorten it`;
  }
  if (has('spread') && sequenceSource.kind !== 'fixed')
    return 'Fleet = spread in a door without a fixed sequence: add a line Sequence, or remove spread';
  return undefined;
}

const lastOf = ({ entries }: Section, name: 'Fleet' | 'Fleet_Claim'): Entry | undefined =>
  entries.findLast(({ directive }) => directive.name === name);
