import { isOwnChain } from './part-names.ts';

const RULE = /^-A (\S+) (.*?)-([jg]) (\S+)/;
const COMMENT = /-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) /g;
/** `iptables -S` writes a state alone; a rule for RELATED and ESTABLISHED has both in one word. */
const ESTABLISHED = /^-m (?:conntrack --ctstate|state --state) \S*ESTABLISHED\S* $/;
/** Whoever they come from: a condition on the way in, the protocol and the port at most. */
const WHOEVER = /^(?:(?:! )?-i \S+ |-p (?:tcp|udp) |-m (?:tcp|udp|multiport) |(?:! )?--dports? \S+ )*$/;

/**
 * Whether the owner's rules at a hook, as `iptables -S` lists them, let established connections on, or leave them to a
 * policy that does. Not where a rule closes a port to whoever comes, before one lets in what is established.
 */
export function letsEstablishedOn(lines: readonly string[], hook: 'INPUT' | 'FORWARD'): boolean {
  const verdict = new Walk(lines).through(hook);
  return verdict === 'on' || (verdict === 'none' && !lines.includes(`-P ${hook} DROP`));
}

type Verdict = 'on' | 'closed' | 'none';

class Walk {
  readonly #chains: ReadonlyMap<string | undefined, readonly string[]>;
  /** BOUNDED: by the chains, each of which is gone through once. */
  readonly #known = new Map<string, Verdict>();

  constructor(lines: readonly string[]) {
    this.#chains = Map.groupBy(lines, (line) => RULE.exec(line)?.[1]);
  }

  through(chain: string): Verdict {
    const known = this.#known.get(chain);
    if (known !== undefined) return known;
    // Chains that go round, which the kernel refuses, would lead nowhere.
    this.#known.set(chain, 'closed');
    const verdict = this.#judge(this.#chains.get(chain) ?? []);
    this.#known.set(chain, verdict);
    return verdict;
  }

  #judge(rules: readonly string[]): Verdict {
    for (const rule of rules) {
      const [, , asked = '', how, target = ''] = RULE.exec(rule) ?? [];
      const matches = asked.replaceAll(COMMENT, '');
      if (isOwnChain(target)) continue;
      if (target === 'ACCEPT' && ESTABLISHED.test(matches)) return 'on';
      if (!WHOEVER.test(matches)) continue;
      if (target === 'DROP' || target === 'REJECT') return 'closed';
      if (target === 'RETURN' && matches === '') return 'none';
      const verdict = this.through(target);
      if (verdict === 'closed' || (verdict === 'on' && matches === '')) return verdict;
      if (how === 'g' && matches === '') return 'none';
    }
    return 'none';
  }
}
