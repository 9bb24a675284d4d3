import { setName } from '../../src/core/nft/set-name.ts';
import type { Namespace } from '../lab/namespace.ts';
import { feedNft, PUBLISHED, type Situation } from './firewall-fixture.ts';

const listNft = (server: Namespace): Promise<string> => server.run('nft', 'list', 'ruleset');
/** As `systemctl restart nftables` does it. */
const reloadNft =
  (text: string) =>
  async (server: Namespace): Promise<void> => {
    await feedNft(server, `flush ruleset\n${PUBLISHED}\n${text}`);
  };

const flushSet =
  (table: string, prefix: string) =>
  async (server: Namespace, door: string): Promise<void> => {
    for (const family of [4, 6] as const) {
      await server.run('nft', `flush set ${table} ${setName(prefix, door, family)}`);
    }
  };

/** Somebody's firewall as Debian's example has it, with sets, counters, comments and timeouts of its own. */
const FILTER = `table inet filter {
  comment "by hand"
  set blocked { type ipv4_addr; flags interval; elements = { 203.0.113.0/24, 198.51.100.7 } }
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "lo" accept
    ip saddr @blocked counter packets 7 bytes 420 drop
    meta l4proto ipv6-icmp accept
    jump services
  }
  chain services {
    tcp dport 4444 accept comment "free for all"
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
  }
  chain output { type filter hook output priority filter; policy accept; }
}`;

/** The same, and nothing is closed on the way through. */
const INPUT_ALONE = FILTER.replace(/ {2}chain forward \{[^}]*\}\n/, '');
const BESIDE = [flushSet('inet filter', 'bussa_'), flushSet('inet bussa', 'd_')];

/** Hosts whose firewall is nftables, or that have none. */
export const NFTABLES_SITUATIONS: readonly Situation[] = [
  {
    name: 'nftables, no firewall: a table of its own',
    adapter: { kind: 'nftables' },
    closesByItself: true,
    arrange: async () => undefined,
    flush: reloadNft(''),
    flushLeases: flushSet('inet bussa', 'd_'),
    list: listNft,
  },
  {
    name: 'nftables, attached to chains with policy drop',
    adapter: {
      kind: 'nftables',
      attach: [
        { family: 'inet', table: 'filter', chain: 'input' },
        { family: 'inet', table: 'filter', chain: 'forward' },
      ],
    },
    closesByItself: true,
    arrange: (server) => feedNft(server, FILTER),
    flush: reloadNft(FILTER),
    flushLeases: flushSet('inet filter', 'bussa_'),
    list: listNft,
  },
  {
    name: 'nftables, attached to what was found, the way through closed in a table of its own',
    adapter: {
      kind: 'nftables',
      found: [{ family: 'inet', table: 'filter', chain: 'input', path: 'input' }],
    },
    closesByItself: true,
    arrange: (server) => feedNft(server, INPUT_ALONE),
    flush: reloadNft(INPUT_ALONE),
    flushLeases: async (server, door) => {
      for (const flush of BESIDE) await flush(server, door);
    },
    list: listNft,
  },
];
