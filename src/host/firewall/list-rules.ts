import { openNftables } from '../ffi/libnftables.ts';
import { hasLegacyTable, outputOf, readCommands } from './iptables-commands.ts';

/** All rules of the host, as their own commands list them. */
export type RuleListing = {
  /** As JSON; `undefined` where it cannot be listed, and `why`. */
  readonly nft: string | undefined;
  readonly why?: string;
  /** Of table `filter`, by family, of each backend that has it. */
  readonly filter: Readonly<Record<4 | 6, readonly string[]>>;
  readonly nat: Readonly<Record<4 | 6, readonly string[]>>;
};

/** Changes nothing. Without the privilege to see the rules, there are none in it. */
export async function listRules(): Promise<RuleListing> {
  const commands = await readCommands();
  const list = async (table: string, family: 4 | 6): Promise<string[]> => {
    const listings = await Promise.all(
      commands.map(({ variant, backend }) => {
        // Asked for a table that is not in use, iptables-legacy would make it.
        if (backend === 'legacy' && !hasLegacyTable(family)) return undefined;
        const command = family === 4 ? variant : variant.replace('iptables', 'ip6tables');
        return outputOf(command, ['-w', '5', '-t', table, '-S']);
      }),
    );
    return listings.filter((one) => one !== undefined);
  };
  const [filter4, filter6, nat4, nat6] = await Promise.all([
    list('filter', 4),
    list('filter', 6),
    list('nat', 4),
    list('nat', 6),
  ]);
  return { ...listNft(), filter: { 4: filter4, 6: filter6 }, nat: { 4: nat4, 6: nat6 } };
}

function listNft(): Pick<RuleListing, 'nft' | 'why'> {
  try {
    const nft = openNftables();
    try {
      return { nft: nft.list('list ruleset', { terse: true }) };
    } finally {
      nft.close();
    }
  } catch (error) {
    return { nft: undefined, why: (error as Error).message };
  }
}
