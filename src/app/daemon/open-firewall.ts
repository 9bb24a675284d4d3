import type { Settings } from '../../core/config/config.ts';
import type { IptablesVariant } from '../../core/firewall/choose-firewall.ts';
import { detectFirewall } from '../../host/firewall/detect-firewall.ts';
import { type Firewall, FirewallError } from '../../host/firewall/firewall.ts';
import type { FirewallLock } from '../../host/firewall/firewall-lock.ts';
import { openIptablesFirewall } from '../../host/firewall/iptables-firewall.ts';
import { removeLeftovers } from '../../host/firewall/leftovers.ts';
import { type NftablesOptions, openNftablesFirewall } from '../../host/firewall/nftables-firewall.ts';

/** What the configuration says of the firewall. */
export type FirewallSettings = Pick<Settings, 'firewall' | 'attach'>;

export type ChosenFirewall = {
  readonly firewall: Firewall;
  readonly why: string;
  /** Takes away what stands in firewalls of other kinds since an earlier choice; returns in words where it stood. */
  readonly removeOthers: () => Promise<readonly string[]>;
};

/** The firewall that the configuration names, or the one that the host has. Throws a `FirewallError`. */
export async function openFirewall({ firewall = 'auto', attach }: FirewallSettings): Promise<ChosenFirewall> {
  const named = 'the configuration says so';
  if (firewall === 'iptables') return openIptables('iptables', named);
  if (firewall === 'nftables' || attach !== undefined) {
    return openNftables(attach === undefined ? {} : { attach }, named);
  }
  const choice = await detectFirewall();
  switch (choice.kind) {
    case 'own-table':
      return openNftables({}, choice.why);
    case 'attach':
      return openNftables({ found: choice.points }, choice.why);
    case 'iptables':
      return openIptables(choice.variant, choice.why);
    case 'none':
      throw new FirewallError(`${choice.why}; install the package nftables and libnftables1, or iptables`);
  }
}

/** The same, where no other daemon has Bussa's part. */
export function openFirewallAlone(lock: FirewallLock): typeof openFirewall {
  return async (settings) => {
    await lock.take();
    return openFirewall(settings);
  };
}

function openNftables(options: NftablesOptions, why: string): ChosenFirewall {
  const removeOthers = (): Promise<readonly string[]> => removeLeftovers({ kind: 'nftables' });
  return { firewall: openNftablesFirewall(options), why, removeOthers };
}

async function openIptables(variant: IptablesVariant, why: string): Promise<ChosenFirewall> {
  const removeOthers = (): Promise<readonly string[]> => removeLeftovers({ kind: 'iptables', variant });
  return { firewall: await openIptablesFirewall({ variant }), why, removeOthers };
}
