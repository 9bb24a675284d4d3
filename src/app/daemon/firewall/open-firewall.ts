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

/** The firewall settings of the configuration. */
export type FirewallSettings = Pick<Settings, 'firewall' | 'attach'>;

export type ChosenFirewall = {
  readonly firewall: Firewall;
  readonly why: string;
  /** What may keep doors closed nevertheless, with the remedy. */
  readonly warnings?: readonly string[];
  /** Removes rules that an earlier choice left in other kinds of firewall. Returns where they were, in words. */
  readonly removeOthers: () => Promise<readonly string[]>;
  /** Whether another firewall would be selected now: the owner has started to use one, or removed one. */
  readonly isOutdated: () => Promise<boolean>;
};

/**
 * Opens the firewall that the configuration names, or the one that this host uses for the ports in `question`. Throws a
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

/** Two detections in a row must agree: one may have failed because another program held a lock. */
async function isChosenOtherwise(
  choice: FirewallChoice,
  question: (() => ExposureQuestion) | undefined,
): Promise<boolean> {
  const now = keyOf(await detect(question));
  if (now === undefined || now === keyOf(choice)) return false;
  return keyOf(await detect(question)) === now;
}

/** A chain that drops a door's port is one to attach to, like a chain with a drop policy. */
async function detect(question: (() => ExposureQuestion) | undefined): Promise<FirewallChoice> {
  return detectFirewall(question === undefined ? [] : await findClosers(question()));
}

/** Equal for equal choices. `undefined`: no choice. */
function keyOf({ why: _, ...choice }: FirewallChoice): string | undefined {
  return choice.kind === 'none' ? undefined : JSON.stringify(choice);
}

/** As `openFirewall`, if no other daemon has rules. */
export function openFirewallAlone(
  lock: FirewallLock,
  question: () => ExposureQuestion,
): (settings: FirewallSettings) => Promise<ChosenFirewall> {
  return async (settings) => {
    await lock.acquire();
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
