import { readRuleGeneration } from '../ruleset/rule-generation.ts';
import { hasLegacyTable } from './iptables-commands.ts';

/**
 * A text that stays the same until somebody changes rules of nftables or iptables-nft. `undefined`: rules may change
 * without that, because the kernel does not count changes of iptables-legacy.
 */
export function readRuleFingerprint(): string | undefined {
  if (hasLegacyTable(4) || hasLegacyTable(6)) return undefined;
  const generation = readRuleGeneration();
  return generation === undefined ? undefined : String(generation);
}

/** Caches what was read from the rules until they change. */
export class SeenRules<T> {
  #seen: { readonly rules: string; readonly value: T } | undefined;

  async read(read: () => Promise<T>): Promise<T> {
    const rules = readRuleFingerprint();
    if (rules !== undefined && rules === this.#seen?.rules) return this.#seen.value;
    const value = await read();
    this.#seen = rules === undefined ? undefined : { rules, value };
    return value;
  }
}
