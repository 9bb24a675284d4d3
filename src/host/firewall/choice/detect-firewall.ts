import { type AttachPoint, renderAttachPoint } from '../../../core/door/attach-point.ts';
import {
  chooseFirewall,
  type FirewallChoice,
  type FirewallFacts,
  type InputRules,
  warningsOf,
} from '../../../core/firewall/choose-firewall.ts';
import { readBaseChains, readEarlyChains } from '../../../core/firewall/read-base-chains.ts';
import { readForeignInput } from '../../../core/iptables/read-rules.ts';
import { OWN_TABLE } from '../../../core/nft/table.ts';
import { isExhausted } from '../../ffi/is-exhausted.ts';
import { openNftables } from '../../ffi/libnftables.ts';
import { ExhaustedError } from '../contract/firewall.ts';
import {
  hasLegacyTable,
  type IptablesCommand,
  outputOf,
  readCommands,
} from '../iptables/iptables-commands.ts';

/**
 * Detects the host's firewall, and the one to open Bussa's doors in. Changes nothing. Throws an `ExhaustedError`.
 * `closers`: chains that drop a door's port by their own rules.
 */
export async function detectFirewall(closers: readonly AttachPoint[] = []): Promise<FirewallChoice> {
  const nftables = readNftables();
  const closing = new Set(closers.map(renderAttachPoint));
  const isClosing = (chain: AttachPoint): boolean => closing.has(renderAttachPoint(chain));
  const known =
    nftables.kind === 'listed'
      ? {
          ...nftables,
          chains: nftables.chains.map((chain) => (isClosing(chain) ? { ...chain, closes: true } : chain)),
        }
      : nftables;
  return chooseFirewall({ nftables: known, iptables: await readIptables() });
}

/** Rules of the host that keep doors closed and that only the owner can change. */
export function readObstacles(): string[] {
  return warningsOf({ nftables: readNftables(), iptables: [] });
}

function readNftables(): FirewallFacts['nftables'] {
  try {
    const nft = openNftables();
    try {
      const listing = nft.list('list ruleset', { terse: true });
      const chains = readBaseChains(listing, OWN_TABLE.table);
      return chains === undefined
        ? { kind: 'unavailable', why: 'its listing is not JSON as in libnftables-json(5)' }
        : { kind: 'listed', chains, early: readEarlyChains(listing, OWN_TABLE.table) };
    } finally {
      nft.close();
    }
  } catch (error) {
    // What cannot be examined now must not count as missing.
    if (isExhausted(error)) throw new ExhaustedError((error as Error).message);
    return { kind: 'unavailable', why: (error as Error).message };
  }
}

async function readIptables(): Promise<InputRules[]> {
  const found = await Promise.all(
    (await readCommands()).flatMap((command) =>
      ([4, 6] as const).map((family) => readInput(command, family)),
    ),
  );
  return found.filter((one) => one !== undefined);
}

async function readInput(
  { variant, backend }: IptablesCommand,
  family: 4 | 6,
): Promise<InputRules | undefined> {
  // Listing a table that is not in use would make iptables-legacy create it.
  if (backend === 'legacy' && !hasLegacyTable(family))
    return { variant, backend, family, rules: 0, closes: false };
  const command = family === 4 ? variant : variant.replace('iptables', 'ip6tables');
  const listing = await outputOf(command, ['-w', '5', '-S', 'INPUT']);
  return listing === undefined ? undefined : { variant, backend, family, ...readForeignInput(listing) };
}
