import type { SavedTables } from '../../../core/firewall/judge/read-iptables.ts';
import type { RuleListings } from '../../../core/firewall/judge/read-ruleset.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { openNftables } from '../../ffi/libnftables.ts';
import { ExhaustedError } from '../contract/firewall.ts';
import { hasLegacyTables, outputOf, readCommands } from '../iptables/iptables-commands.ts';

/** All rules of the host, as listed by its own tools. */
export type RuleListing = RuleListings & {
  /** Why nftables cannot be listed. */
  readonly why?: string;
};

/** Tables that iptables-nft may have created, under iptables' own names. */
const IPTABLES_OWN = /"table": ?\{"family": ?"(ip6?)", ?"name": ?"(?:raw|mangle|nat|filter|security)"/g;

/**
 * Changes nothing, and runs a program only if there is something to list. Without the privilege to see rules, the list
 * is empty.
 */
export async function listRules(): Promise<RuleListing> {
  const nft = listNft();
  const inNft = new Set(
    [...(nft.nft ?? '').matchAll(IPTABLES_OWN)].map(([, family]) => (family === 'ip' ? 4 : 6)),
  );
  const isAsked = (backend: SavedTables['backend'], family: 4 | 6): boolean =>
    backend === 'legacy' ? hasLegacyTables(family) : nft.nft === undefined || inNft.has(family);
  const isNeeded = ([4, 6] as const).some(
    (family) => isAsked('legacy', family) || isAsked('nf_tables', family),
  );
  const commands = isNeeded ? await readCommands() : [];
  const saved = await Promise.all(
    commands.flatMap(({ variant, backend }) =>
      ([4, 6] as const).map(async (family): Promise<SavedTables | undefined> => {
        if (!isAsked(backend, family)) return undefined;
        const tool =
          family === 4 ? variant : (variant.replace('iptables', 'ip6tables') as SavedTables['tool']);
        const text = await outputOf(`${tool}-save`, []);
        return text === undefined ? undefined : { tool, family, backend, text };
      }),
    ),
  );
  const iptables = saved.filter((one) => one !== undefined);
  const unlisted = ([4, 6] as const).filter(
    (family) =>
      hasLegacyTables(family) && !iptables.some((one) => one.family === family && one.backend === 'legacy'),
  );
  const asksSets = iptables.some(({ text }) => text.includes('--match-set'));
  const ipsets = asksSets ? await outputOf('ipset', ['save']) : undefined;
  return { ...nft, iptables, ipsets, unlisted };
}

function listNft(): Pick<RuleListing, 'nft' | 'why'> {
  try {
    const nft = openNftables();
    try {
      return { nft: nft.list('list ruleset', { terse: false }) };
    } finally {
      nft.close();
    }
  } catch (error) {
    if (isExhausted(error)) throw new ExhaustedError((error as Error).message);
    return { nft: undefined, why: (error as Error).message };
  }
}
