import { readIptables } from './read-iptables.ts';
import { keyOf, readNft } from './read-nft.ts';
import { type StrangerPacket, walkRules } from './walk-rules.ts';

/** What of the host's rules is to be judged. */
export type RuleListings = {
  /** `nft -j list ruleset`; `undefined` where there is none. */
  readonly nft: string | undefined;
  /** `iptables -S` or `ip6tables -S` of the packet's family, of each backend that has rules. */
  readonly iptables: readonly string[];
};

/** What becomes of a packet, and which chain says so. */
export type StrangerFate = {
  readonly kind: 'in' | 'dropped' | 'depends';
  readonly chain?: string;
};

/** A packet gets in if every base chain on its way lets it. */
export function judgeStranger(listings: RuleListings, packet: StrangerPacket): StrangerFate {
  const fates = [...judgeNft(listings, packet), ...judgeIptables(listings, packet)];
  const dropped = fates.find(({ kind }) => kind === 'dropped');
  const depends = fates.find(({ kind }) => kind === 'depends');
  return dropped ?? depends ?? { kind: 'in' };
}

/** The chains that iptables-nft lists itself are judged by its own words, which say more. */
function judgeNft({ nft, iptables }: RuleListings, packet: StrangerPacket): StrangerFate[] {
  const rules = nft === undefined ? undefined : readNft(nft, packet);
  if (rules === undefined) return [];
  const families = packet.family === 4 ? ['ip', 'inet'] : ['ip6', 'inet'];
  return rules.bases
    .filter(({ family, hook, type }) => {
      return families.includes(family) && type === 'filter' && (hook === 'input' || hook === 'prerouting');
    })
    .filter(({ family, table }) => iptables.length === 0 || family === 'inet' || table !== 'filter')
    .map(({ family, table, name, policy }) =>
      fateOf(
        walkRules(rules.chains, keyOf(family, table, name)),
        policy === 'drop',
        `${family} ${table} ${name} of nftables`,
      ),
    );
}

function judgeIptables({ iptables }: RuleListings, packet: StrangerPacket): StrangerFate[] {
  return iptables.map((listing) => {
    const { chains, policies } = readIptables(listing, packet);
    const name = packet.family === 4 ? 'INPUT of iptables' : 'INPUT of ip6tables';
    return fateOf(walkRules(chains, 'INPUT'), policies.get('INPUT') === 'DROP', name);
  });
}

function fateOf(
  { accept, drop, through }: ReturnType<typeof walkRules>,
  policyDrops: boolean,
  chain: string,
): StrangerFate {
  const canDrop = drop || (through && policyDrops);
  const canPass = accept || (through && !policyDrops);
  return { kind: canDrop ? (canPass ? 'depends' : 'dropped') : 'in', chain };
}
