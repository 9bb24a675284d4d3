import { readRuleGeneration } from '../ruleset/rule-generation.ts';
import { hasLegacyTable } from './iptables-commands.ts';

/**
 * A text that is the same for as long as nobody has changed a rule of nftables or of iptables over it. `undefined` where
 * rules may change without that: the kernel counts no changes of iptables-legacy.
 */
export function readRuleFingerprint(): string | undefined {
  if (hasLegacyTable(4) || hasLegacyTable(6)) return undefined;
  const generation = readRuleGeneration();
  return generation === undefined ? undefined : String(generation);
}

/** What was read of the rules, for as long as nobody changes them. */
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
