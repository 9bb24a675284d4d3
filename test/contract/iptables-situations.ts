/** The kinds of hosts with iptables, each for every way in which leases are kept there. */
import type { IptablesVariant } from '../../src/core/firewall/choose-firewall.ts';
import { millis } from '../../src/core/net/time.ts';
import type { Namespace } from '../lab/namespace.ts';
import { FREE_PORT, type Situation } from './firewall-fixture.ts';

/** INPUT and FORWARD let in only what rules name, as people write them. */
const CLOSED = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -m comment --comment "by hand: -j BUSSA" -j services
-A INPUT -p ICMP -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A services -p tcp -m tcp --dport ${FREE_PORT} -j ACCEPT
COMMIT
`;

/** Nothing is closed; somebody else's rule is there all the same. */
const OPEN = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 9 -j REJECT
COMMIT
`;

const HOSTS = [
  { name: 'policy DROP', rules: CLOSED },
  { name: 'policy ACCEPT', rules: OPEN },
] as const;

type Keeping = keyof typeof KEEPINGS;

/** Where leases are kept, and what of the kernel is left out for it. */
const KEEPINGS = {
  'with ipset': {},
  'without ipset': { ipset: false },
  'without ipset and time': { ipset: false, time: false },
} as const;

export const IPTABLES_SITUATIONS: readonly Situation[] = [
  ...HOSTS.flatMap((host) => [
    situation('iptables', 'with ipset', host),
    situation('iptables', 'without ipset', host),
  ]),
  situation('iptables', 'without ipset and time', HOSTS[0]),
  situation('iptables-legacy', 'with ipset', HOSTS[0]),
  situation('iptables-legacy', 'without ipset', HOSTS[1]),
];

function situation(variant: IptablesVariant, keeping: Keeping, host: (typeof HOSTS)[number]): Situation {
  const load = (server: Namespace): Promise<void> => loadRules(server, variant, host.rules);
  return {
    name: `${variant} ${keeping}, ${host.name}`,
    adapter: { kind: 'iptables', variant, ...KEEPINGS[keeping], lookEvery: millis(500) },
    closesByItself: keeping !== 'without ipset and time',
    arrange: load,
    flush: load,
    ...(keeping === 'with ipset' ? { flushLeases: flushSets } : {}),
    list: (server) => listRules(server, variant),
  };
}

async function flushSets(server: Namespace): Promise<void> {
  await server.run('ipset', 'flush');
}

/** As `netfilter-persistent reload` does it: all other rules are gone then. */
async function loadRules(server: Namespace, variant: IptablesVariant, rules: string): Promise<void> {
  for (const [command, icmp] of [
    [variant, 'icmp'],
    [variant.replace('iptables', 'ip6tables'), 'ipv6-icmp'],
  ] as const) {
    const text = rules.replace('ICMP', icmp);
    await server.run('sh', '-c', 'printf "%s" "$0" | "$1"-restore -w 5', text, command);
  }
}

/** All rules and the names of all sets, without comments and counters. */
async function listRules(server: Namespace, variant: IptablesVariant): Promise<string> {
  const saved = [
    await server.run(`${variant}-save`),
    await server.run(`${variant.replace('iptables', 'ip6tables')}-save`),
  ];
  const rules = saved
    .join('')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/ \[\d+:\d+\]/g, '');
  const sets = (await server.run('ipset', 'list', '-n')).split('\n').sort();
  return `${rules}${sets.join('\n')}`;
}
