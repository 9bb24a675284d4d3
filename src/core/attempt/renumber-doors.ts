import { type Door, sameKnocks } from '../door/door.ts';

/** The new doors by number: a door with unchanged knocks keeps its number, the others get free ones. */
export function renumberDoors(
  before: readonly (Door | undefined)[],
  doors: readonly Door[],
): (Door | undefined)[] {
  const numbered: (Door | undefined)[] = [];
  const byName = new Map(before.flatMap((door, number) => (door === undefined ? [] : [[door.name, number]])));
  const others: Door[] = [];
  for (const door of doors) {
    const number = byName.get(door.name);
    const old = number === undefined ? undefined : before[number];
    if (number !== undefined && old !== undefined && sameKnocks(old, door)) numbered[number] = door;
    else others.push(door);
  }
  let free = 0;
  for (const door of others) {
    while (numbered[free] !== undefined) free++;
    numbered[free] = door;
  }
  return Array.from(numbered);
}
