import type { AttachPoint } from '../door/attach-point.ts';
import type { PortOpening } from '../door/port-opening.ts';
import type { Family } from '../net/address.ts';

export type Path = PortOpening['path'];

export const PATHS = ['input', 'forward'] as const satisfies readonly Path[];

/** A table that contains sets and chains of Bussa's. */
export type OwnTable = {
  readonly family: AttachPoint['family'];
  readonly table: string;
  /** Begins the name of each of its sets. */
  readonly prefix: string;
};

/** Bussa's own table, on a host without a firewall. */
export const OWN_TABLE: OwnTable = { family: 'inet', table: 'bussa', prefix: 'd_' };

/** In a foreign table, the names of all of Bussa's objects begin with this. */
export const ATTACHED_PREFIX = 'bussa_';

export function attachedTable({ family, table }: Pick<AttachPoint, 'family' | 'table'>): OwnTable {
  return { family, table, prefix: ATTACHED_PREFIX };
}

/** Bussa's chain to which the foreign one jumps. */
export function attachedChainName(path: Path): string {
  return `${ATTACHED_PREFIX}${path}`;
}

export function isAttachedChain(name: string): boolean {
  return PATHS.some((path) => attachedChainName(path) === name);
}

export function isAttachedSet(name: string): boolean {
  return /^bussa_[a-z0-9_]+_[46]$/.test(name);
}

/** `inet filter`, the table as commands name it. */
export function renderTable({ family, table }: OwnTable): string {
  return `${family} ${table}`;
}

/** The families whose packets the table sees. */
export function familiesOf({ family }: OwnTable): readonly Family[] {
  if (family === 'inet') return [4, 6];
  return family === 'ip' ? [4] : [6];
}
