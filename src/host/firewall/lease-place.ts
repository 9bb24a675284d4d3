import type { GatePorts, LeaseKeeping } from '../../core/iptables/gate-rules.ts';
import type { OwnPart } from '../../core/iptables/read-rules.ts';
import type { Address, Family } from '../../core/net/address.ts';
import type { FamilyRules } from './family-rules.ts';
import type { Grant } from './firewall.ts';

/** Where the iptables firewall keeps its leases: beside its rules, or among them. */
export interface LeasePlace {
  readonly keeping: LeaseKeeping;
  /** Makes room for the gates' leases, with these in it and no others, before the rules are installed. */
  fill(families: readonly Family[], gates: readonly GatePorts[], grants: readonly Grant[]): Promise<void>;
  /** Whether a source has a lease now; `part` is what has just been read of the rules. */
  has(door: string, source: Address, part: OwnPart): boolean;
  /** Whether a source that had one has it no longer. */
  isOver(door: string, source: Address): boolean;
  add(gate: GatePorts, grant: Grant, rules: FamilyRules): Promise<void>;
  delete(door: string, source: Address, gate: GatePorts | undefined, rules: FamilyRules): Promise<void>;
  /** Whether all is there that the rules do not show themselves. */
  isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    parts: ReadonlyMap<Family, OwnPart>,
  ): Promise<boolean>;
  /** Takes away what no rule needs any more: all but the sets of these names. */
  keepOnly(sets: readonly string[]): Promise<void>;
  close(): void;
}
