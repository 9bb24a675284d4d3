import { readIptables } from './read-iptables.ts';
import { matchesPacket, ruleObjects } from './read-nft.ts';
import type { StrangerPacket } from './walk-rules.ts';

const TARGETS = new Set(['DNAT', 'REDIRECT', 'NETMAP']);

/**
 * The chain that may send such a packet elsewhere before INPUT sees it: a container runtime's, most of the time.
 * `nat`: listings by `iptables -t nat -S`.
 */
export function findTranslation(
  nft: string | undefined,
  nat: readonly string[],
  packet: StrangerPacket,
): string | undefined {
  for (const listing of nat) {
    for (const [chain, rules] of readIptables(listing, packet).chains) {
      if (rules.some(({ when, act }) => when !== 'no' && 'chain' in act && TARGETS.has(act.chain))) {
        return `${chain} of table nat`;
      }
    }
  }
  return nft === undefined ? undefined : findInNft(nft, packet);
}

function findInNft(nft: string, packet: StrangerPacket): string | undefined {
  const families = packet.family === 4 ? ['ip', 'inet'] : ['ip6', 'inet'];
  const found = ruleObjects(nft).find(({ family, names, rule }) => {
    return (
      families.includes(family) &&
      names.some((name) => name === 'dnat' || name === 'redirect') &&
      matchesPacket(rule, packet) !== 'no'
    );
  });
  return found === undefined ? undefined : `${found.family} ${found.table} ${found.chain} of nftables`;
}
