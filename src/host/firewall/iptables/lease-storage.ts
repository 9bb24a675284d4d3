import type { GatePorts, LeaseKeeping } from '../../../core/iptables/gate-rules.ts';
import type { OwnPart } from '../../../core/iptables/read-rules.ts';
import type { Address, Family } from '../../../core/net/address.ts';
import type { Grant } from '../contract/firewall.ts';
import type { FamilyRules } from './family-rules.ts';

export type LeaseToAdd = { readonly gate: GatePorts; readonly grant: Grant; readonly rules: FamilyRules };

/** Where the iptables firewall stores its leases: in sets, or as rules. */
export interface LeaseStorage {
  readonly keeping: LeaseKeeping;
  /** Whether the kernel ends them. */
  readonly endsByItself: boolean;
  /** Prepares storage for the gates' leases, with exactly these in it, before the rules are installed. */
  fill(families: readonly Family[], gates: readonly GatePorts[], grants: readonly Grant[]): Promise<void>;
  /** The last second of a lease that is stored as a rule, if it has one. */
  until(door: string, source: Address): string | undefined;
  /** Whether a source that had a lease no longer has it. */
  isOver(gate: GatePorts, source: Address): boolean;
  /** At most one per source and door. If one is refused, nobody is let in who was not before. */
  add(leases: readonly LeaseToAdd[]): Promise<void>;
  delete(door: string, source: Address, gate: GatePorts | undefined, rules: FamilyRules): Promise<void>;
  /** Checks everything that the rules themselves do not show. `live`: grants that are not over and not single-use. */
  isInPlace(
    families: readonly Family[],
    gates: readonly GatePorts[],
    parts: ReadonlyMap<Family, OwnPart>,
    live: readonly Grant[],
  ): Promise<boolean>;
  /** Removes what no rule needs any more: all sets except these. */
  keepOnly(sets: readonly string[]): Promise<void>;
  close(): void;
}
