import type { Settings } from '../../../core/config/file/config.ts';
import type { FirewallChoice, IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { detectFirewall, readObstacles } from '../../../host/firewall/choice/detect-firewall.ts';
import { removeLeftovers } from '../../../host/firewall/choice/leftovers.ts';
import { type Firewall, FirewallError } from '../../../host/firewall/contract/firewall.ts';
import type { FirewallLock } from '../../../host/firewall/contract/firewall-lock.ts';
import { openIptablesFirewall } from '../../../host/firewall/iptables/iptables-firewall.ts';
import { readRuleFingerprint } from '../../../host/firewall/iptables/rule-fingerprint.ts';
import {
  type NftablesOptions,
  openNftablesFirewall,
} from '../../../host/firewall/nftables/nftables-firewall.ts';

/** What the configuration says of the firewall. */
export type FirewallSettings = Pick<Settings, 'firewall' | 'attach'>;

export type ChosenFirewall = {
  readonly firewall: Firewall;
  readonly why: string;
  /** What may keep doors shut all the same, with the remedy. */
  readonly warnings?: readonly string[];
  /** Takes away what stands in firewalls of other kinds since an earlier choice; returns in words where it stood. */
  readonly removeOthers: () => Promise<readonly string[]>;
  /** Whether another one would be chosen by now: the owner has begun with a firewall, or given one up. */
  readonly isOutdated: () => Promise<boolean>;
};

/** The firewall that the configuration names, or the one that the host has. Throws a `FirewallError`. */
export async function openFirewall(settings: FirewallSettings): Promise<ChosenFirewall> {
  const chosen = await openChosen(settings);
  try {
    return { ...chosen, warnings: [...(chosen.warnings ?? []), ...readObstacles()] };
  } catch (error) {
    chosen.firewall.close();
    throw error;
  }
}

async function openChosen({ firewall = 'auto', attach }: FirewallSettings): Promise<ChosenFirewall> {
  const named = 'the configuration says so';
  if (firewall === 'iptables') return openIptables('iptables', named);
  if (firewall === 'nftables' || attach !== undefined) {
    return openNftables(attach === undefined ? {} : { attach }, named);
  }
  const choice = await detectFirewall();
  let seenIn: string | undefined;
  const isOutdated = async (): Promise<boolean> => {
    const rules = readRuleFingerprint();
    if (rules !== undefined && rules === seenIn) return false;
    const isOther = await isChosenOtherwise(choice);
    seenIn = isOther ? undefined : rules;
    return isOther;
  };
  return { ...(await openChoice(choice)), isOutdated };
}

async function openChoice(choice: FirewallChoice): Promise<ChosenFirewall> {
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

/** Twice in a row: a command that has failed once, behind another's lock, changes nothing. */
async function isChosenOtherwise(choice: FirewallChoice): Promise<boolean> {
  const now = keyOf(await detectFirewall());
  if (now === undefined || now === keyOf(choice)) return false;
  return keyOf(await detectFirewall()) === now;
}

/** What is the same for the same choice; `undefined` for none. */
function keyOf({ why: _, ...choice }: FirewallChoice): string | undefined {
  return choice.kind === 'none' ? undefined : JSON.stringify(choice);
}

/** The same, where no other daemon has Bussa's part. */
export function openFirewallAlone(lock: FirewallLock): typeof openFirewall {
  return async (settings) => {
    await lock.take();
    return openFirewall(settings);
  };
}

const never = async (): Promise<boolean> => false;

function openNftables(options: NftablesOptions, why: string): ChosenFirewall {
  const removeOthers = (): Promise<readonly string[]> => removeLeftovers({ kind: 'nftables' });
  return { firewall: openNftablesFirewall(options), why, removeOthers, isOutdated: never };
}

async function openIptables(variant: IptablesVariant, why: string): Promise<ChosenFirewall> {
  const removeOthers = (): Promise<readonly string[]> => removeLeftovers({ kind: 'iptables', variant });
  const firewall = await openIptablesFirewall({ variant });
  return { firewall, why, removeOthers, isOutdated: never };
}
