import type { Settings } from '../../../core/config/file/config.ts';
import type { FirewallChoice, IptablesVariant } from '../../../core/firewall/choose-firewall.ts';
import { detectFirewall, readObstacles } from '../../../host/firewall/choice/detect-firewall.ts';
import { removeLeftovers } from '../../../host/firewall/choice/leftovers.ts';
import { type Firewall, FirewallError } from '../../../host/firewall/contract/firewall.ts';
import type { FirewallLock } from '../../../host/firewall/contract/firewall-lock.ts';
import { openIptablesFirewall } from '../../../host/firewall/iptables/open-iptables-firewall.ts';
import { readRuleFingerprint } from '../../../host/firewall/iptables/rule-fingerprint.ts';
import {
  type NftablesOptions,
  openNftablesFirewall,
} from '../../../host/firewall/nftables/nftables-firewall.ts';
import { findClosers } from '../../exposure/find-closers.ts';
import type { ExposureQuestion } from '../../exposure/judge-exposure.ts';

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

/**
 * The firewall that the configuration names, or the one that the host has for the ports in `question`. Throws a
 * `FirewallError`.
 */
export async function openFirewall(
  settings: FirewallSettings,
  question?: () => ExposureQuestion,
): Promise<ChosenFirewall> {
  const chosen = await openChosen(settings, question);
  try {
    return { ...chosen, warnings: [...(chosen.warnings ?? []), ...readObstacles()] };
  } catch (error) {
    chosen.firewall.close();
    throw error;
  }
}

async function openChosen(
  { firewall = 'auto', attach }: FirewallSettings,
  question?: () => ExposureQuestion,
): Promise<ChosenFirewall> {
  const named = 'the configuration says so';
  if (firewall === 'iptables') return openIptables('iptables', named);
  if (firewall === 'nftables' || attach !== undefined) {
    return openNftables(attach === undefined ? {} : { attach }, named);
  }
  const choice = await detect(question);
  let seenIn: string | undefined;
  const isOutdated = async (): Promise<boolean> => {
    const fingerprint = readRuleFingerprint();
    const rules = fingerprint && `${fingerprint} ${JSON.stringify(question?.().ports)}`;
    if (rules !== undefined && rules === seenIn) return false;
    const isOther = await isChosenOtherwise(choice, question);
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
async function isChosenOtherwise(
  choice: FirewallChoice,
  question: (() => ExposureQuestion) | undefined,
): Promise<boolean> {
  const now = keyOf(await detect(question));
  if (now === undefined || now === keyOf(choice)) return false;
  return keyOf(await detect(question)) === now;
}

/** A chain that drops a door's port is one to attach to, as one that drops whatever its rules do not name. */
async function detect(question: (() => ExposureQuestion) | undefined): Promise<FirewallChoice> {
  return detectFirewall(question === undefined ? [] : await findClosers(question()));
}

/** What is the same for the same choice; `undefined` for none. */
function keyOf({ why: _, ...choice }: FirewallChoice): string | undefined {
  return choice.kind === 'none' ? undefined : JSON.stringify(choice);
}

/** The same, where no other daemon has Bussa's part. */
export function openFirewallAlone(
  lock: FirewallLock,
  question: () => ExposureQuestion,
): (settings: FirewallSettings) => Promise<ChosenFirewall> {
  return async (settings) => {
    await lock.take();
    return openFirewall(settings, question);
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
