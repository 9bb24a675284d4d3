import type { Door } from '../door/door.ts';
import type { Family } from '../net/address.ts';
import { familyOf } from '../net/address.ts';
import type { Protocol } from '../net/protocol.ts';
import { setName } from '../nft/set-name.ts';
import type { OwnTable } from '../nft/table.ts';

/** The table of a compiled ruleset. It is not the daemon's own, so both can coexist on one host. */
export const COMPILED_TABLE: OwnTable = { family: 'inet', table: 'bussa_knocks', prefix: 'open_' };

export const FAMILIES = [4, 6] as const satisfies readonly Family[];

/**
 * The sets of one door and family. `began`: an attempt is pending, for at most the door's `seq_timeout`. `stage(n)`,
 * from 2 on: n knocks were right; it only counts for a source in `began`, and the highest one counts. `touched`: the
 * source touched a decoy port since the attempt began. `again`: under penalty, with its sequence right once.
 */
export class DoorSets {
  readonly began: string;
  readonly touched: string;
  readonly again: string;
  readonly open: string;
  readonly #door: string;
  readonly #family: Family;

  constructor(door: string, family: Family) {
    this.#door = door;
    this.#family = family;
    this.began = setName('began_', door, family);
    this.touched = setName('touched_', door, family);
    this.again = setName('again_', door, family);
    this.open = setName(COMPILED_TABLE.prefix, door, family);
  }

  stage(number: number): string {
    return setName(`s${number}_`, this.#door, this.#family);
  }
}

/** Whether packets of the family can be knocks at the door. */
export function hasFamily({ target }: Door, family: Family): boolean {
  return target === undefined || familyOf(target) === family;
}

/** The match that a rule for the door's knocks begins with: everything except the port. */
export function renderConcern(door: Door, protocol: Protocol, family: Family): string {
  const { mask, value } = door.flags;
  const flags = protocol === 'tcp' && mask !== 0 ? `tcp flags & ${hex(mask)} == ${hex(value)} ` : '';
  return `${flags}${renderDestination(door, family)} `;
}

export function renderDestination({ target }: Door, family: Family): string {
  if (target === undefined) return 'fib daddr type local';
  return `${family === 4 ? 'ip' : 'ip6'} daddr ${target}`;
}

export const renderSaddr = (family: Family): string => (family === 4 ? 'ip saddr' : 'ip6 saddr');

const hex = (bits: number): string => `0x${bits.toString(16)}`;
