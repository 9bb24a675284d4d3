import type { Settings } from '../../core/config/config.ts';
import { detectFirewall } from '../../host/firewall/detect-firewall.ts';
import { type Firewall, FirewallError } from '../../host/firewall/firewall.ts';
import { openIptablesFirewall } from '../../host/firewall/iptables-firewall.ts';
import { openNftablesFirewall } from '../../host/firewall/nftables-firewall.ts';

export type ChosenFirewall = { readonly firewall: Firewall; readonly why: string };

/** The firewall that the configuration names, or the one that the host has. Throws a `FirewallError`. */
export async function openFirewall({ firewall = 'auto', attach }: Settings): Promise<ChosenFirewall> {
  if (firewall === 'iptables') {
    return { firewall: await openIptablesFirewall(), why: 'the configuration says so' };
  }
  if (firewall === 'nftables' || attach !== undefined) {
    const options = attach === undefined ? {} : { attach };
    return { firewall: openNftablesFirewall(options), why: 'the configuration says so' };
  }
  const choice = await detectFirewall();
  switch (choice.kind) {
    case 'own-table':
      return { firewall: openNftablesFirewall(), why: choice.why };
    case 'attach':
      return { firewall: openNftablesFirewall({ attach: choice.points }), why: choice.why };
    case 'iptables':
      return { firewall: await openIptablesFirewall({ variant: choice.variant }), why: choice.why };
    case 'none':
      throw new FirewallError(`${choice.why}; install the package nftables and libnftables1, or iptables`);
  }
}
