import type { GatePorts, LeaseKeeping } from '../../../core/iptables/gate-rules.ts';
import type { OwnPart } from '../../../core/iptables/read-rules.ts';
import type { Address, Family } from '../../../core/net/address.ts';
import type { Grant } from '../contract/firewall.ts';
import type { FamilyRules } from './family-rules.ts';

export type LeaseToAdd = { readonly gate: GatePorts; readonly grant: Grant; readonly rules: FamilyRules };

/** Where the iptables firewall keeps its leases: beside its rules, or among them. */
export interface LeaseStorage {
  readonly keeping: LeaseKeeping;
  /** Whether the kernel ends them. */
  readonly endsByItself: boolean;
  /** Makes room for the gates' leases, with these in it and no others, before the rules are installed. */
  fill(families: readonly Family[], gates: readonly GatePorts[], grants: readonly Grant[]): Promise<void>;
  /** The last second of a lease that is a rule, where it has one. */
  until(door: string, source: Address): string | undefined;
  /** Whether a source that had one has it no longer. */
  isOver(gate: GatePorts, source: Address): boolean;
  /** No two for one source at one door. If one is refused, nobody is let in who was not before. */
  add(leases: readonly LeaseToAdd[]): Promise<void>;
  delete(door: string, source: Address, gate: GatePorts | undefined, rules: FamilyRules): Promise<void>;
  /** Whether all is there that the rules do not show themselves. `live`: grants that are not over, and for more than one use. */
  isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    parts: ReadonlyMap<Family, OwnPart>,
    live: readonly Grant[],
  ): Promise<boolean>;
  /** Takes away what no rule needs any more: all but the sets of these names. */
  keepOnly(sets: readonly string[]): Promise<void>;
  close(): void;
}
