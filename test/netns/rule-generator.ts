import { draw } from '../lab/seeded-random.ts';
import { REDIRECTED } from './judge-fixture.ts';
import type { RuleLoad } from './judge-host.ts';

type Random = () => number;

/** Source ports that generated rules name. */
export const NAMED_SOURCE_PORTS = [20, 67] as const;
/** The ports that are judged. */
export const PORTS = { tcp: [22, 2222], udp: [53] } as const;

const PREFIXES = {
  4: ['10.0.0.0/8', '203.0.113.0/24', '0.0.0.0/1', '128.0.0.0/1', '5.39.211.173', '64.0.0.0/2', '10.7.0.2'],
  6: ['2000::/3', 'fd00::/8', '2001:db8::/32', '2600::/12', '2a01:4f8:c17b:d2::e83', 'fd07::2'],
} as const;
const PORT_SETS = [
  '22',
  '22',
  '20-30',
  '2222',
  '80',
  '53',
  '{ 22, 80 }',
  '{ 20-25, 2222 }',
  '1024-65535',
] as const;

/** One of the kinds of rules that hosts have, by chance. */
export function generateLoad(random: Random): RuleLoad {
  const kind = random();
  if (kind < 0.6) return { nft: generateNft(random) };
  const backend = kind < 0.8 ? 'nft' : 'legacy';
  const both = random() < 0.15;
  return {
    restore: {
      [`iptables-${backend}-restore`]: generateIptables(random, 4),
      ...(random() < 0.7 ? { [`ip6tables-${backend}-restore`]: generateIptables(random, 6) } : {}),
    },
    ...(both ? { nft: generateNft(random) } : {}),
  };
}

const chance = (random: Random, odds: number): boolean => random() < odds;
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const upTo = (random: Random, most: number): number => Math.floor(random() * (most + 1));

function generateNft(random: Random): string {
  const families = draw(random, [['inet'], ['inet'], ['ip', 'ip6'], ['inet', 'ip']] as const);
  return families.map((family, index) => nftTable(random, family, `t${index}`)).join('\n');
}

function nftTable(random: Random, family: string, name: string): string {
  const own = times(1 + upTo(random, 3), (index) => `c${index}`);
  const chains = own.map(
    (chain, index) => `chain ${chain} {\n${nftRules(random, family, own.slice(index + 1), 4)}\n}`,
  );
  const base = (hook: string, type: string, priority: number, rules: string): string =>
    `chain ${hook}_${priority < 0 ? 'm' : ''}${Math.abs(priority)} {\ntype ${type} hook ${hook} priority ${priority}; policy ${type === 'nat' || chance(random, 0.5) ? 'accept' : 'drop'};\n${rules}\n}`;
  const bases = [base('input', 'filter', draw(random, [0, -10, 10]), nftRules(random, family, own, 7))];
  if (chance(random, 0.3)) bases.push(base('input', 'filter', 20, nftRules(random, family, own, 3)));
  if (chance(random, 0.35)) {
    const early = draw(random, [-300, -150, -50, 10]);
    bases.push(base('prerouting', 'filter', early, early === -300 ? '' : nftRules(random, family, own, 3)));
    if (early === -300)
      bases.push(`chain raw_ { type filter hook prerouting priority -299; ${nftRaw(random, family)} }`);
  }
  if (chance(random, 0.2))
    bases.push(
      base(
        'prerouting',
        'nat',
        -100,
        `${nftMatch(random, family)} tcp dport ${draw(random, [22, 2222])} redirect to :${REDIRECTED}`,
      ),
    );
  const sets = [
    `set ports { type inet_service; flags interval; elements = { ${draw(random, ['22', '80, 2222', '20-30, 53'])} }; }`,
    `set four { type ipv4_addr; flags interval; elements = { ${draw(random, ['10.0.0.0/8', '128.0.0.0/1, 1.2.3.4', '203.0.113.1-203.0.113.9'])} }; }`,
    `set six { type ipv6_addr; flags interval; elements = { ${draw(random, ['fd00::/8', '2000::/3'])} }; }`,
    `set marks { type mark; elements = { 1, 7 }; }`,
    `set dyn { type ipv4_addr; flags dynamic, timeout; timeout 1m; }`,
    `map way { type inet_service : verdict; elements = { 22 : ${draw(random, ['accept', 'drop', 'return', 'continue'])}, 2222 : drop }; }`,
  ];
  return `table ${family} ${name} {\n${[...sets, ...chains.toReversed(), ...bases].join('\n')}\n}`;
}

const nftRaw = (random: Random, family: string): string => `${nftMatch(random, family)} notrack;`;

function nftRules(random: Random, family: string, chains: readonly string[], most: number): string {
  return times(upTo(random, most), () => nftRule(random, family, chains)).join('\n');
}

function nftRule(random: Random, family: string, chains: readonly string[]): string {
  const matches = nftMatches(random, family);
  const action = random();
  if (action < 0.12) return `${matches} ${nftChange(random)}`;
  if (action < 0.2)
    return `${matches} ${draw(random, ['tcp dport vmap @way', 'ct state vmap { new : accept, invalid : drop }', 'ct state vmap { established : accept, related : accept, invalid : drop }', 'meta l4proto vmap { tcp : continue, udp : drop }', 'iifname vmap { "lo" : accept, "eth0" : continue }'])}`;
  return `${matches} ${nftVerdict(random, chains).replace('REJECT', `reject with ${REJECTS[family] ?? ''}`)}`;
}

const REJECTS: Readonly<Record<string, string>> = {
  inet: 'icmpx admin-prohibited',
  ip: 'icmp admin-prohibited',
  ip6: 'icmpv6 admin-prohibited',
};

/** Not of two families or protocols: such a rule is refused. */
function nftMatches(random: Random, family: string): string {
  const chosen: string[] = [];
  for (const match of times(upTo(random, 3), () => nftMatch(random, family))) {
    const all = [...chosen, match].join(' ');
    const families = [/\bip /, /\bip6 |ipv6/].filter((one) => one.test(all)).length;
    const protocols = [/\btcp\b/, /\budp\b/].filter((one) => one.test(all)).length;
    if (
      families < 2 &&
      protocols < 2 &&
      !(/l4proto|\bth\b|ip protocol|nexthdr|nfproto/.test(match) && chosen.length > 0)
    )
      chosen.push(match);
  }
  return chosen.join(' ');
}

function nftVerdict(random: Random, chains: readonly string[]): string {
  const [chain] = chains.length > 0 ? [draw(random, chains as [string, ...string[]])] : [];
  if (chain !== undefined && chance(random, 0.3)) return `${draw(random, ['jump', 'jump', 'goto'])} ${chain}`;
  return draw(random, [
    'accept',
    'accept',
    'drop',
    'drop',
    'return',
    'continue',
    'REJECT',
    'counter log prefix "x" accept',
  ]);
}

function nftChange(random: Random): string {
  return draw(random, [
    'meta mark set 0x1',
    'meta mark set meta mark | 0x6',
    'meta mark set meta mark & 0x2',
    'ct mark set meta mark',
    'meta mark set ct mark',
    'meta mark set tcp dport map { 22 : 7, 2222 : 1 }',
    'counter',
    'add @dyn { ip saddr }',
  ]);
}

function nftMatch(random: Random, family: string): string {
  const choices: string[] = [
    `tcp dport ${draw(random, PORT_SETS)}`,
    `tcp dport ${draw(random, PORT_SETS)}`,
    `tcp dport != ${draw(random, PORT_SETS)}`,
    'tcp dport @ports',
    'th dport > 100',
    `udp dport ${draw(random, ['53', '50-60', '67'])}`,
    `tcp sport ${draw(random, ['20', '20-25', '1024-65535'])}`,
    `iifname ${draw(random, ['"eth0"', '"eth*"', '!= "eth0"', '"lo"', '{ "lo", "eth1" }', '!= "lo"'])}`,
    `ct state ${draw(random, ['new', 'established,related', '{ new, untracked }', '!= new', 'invalid', 'new,established'])}`,
    `ct status ${draw(random, ['dnat', '! dnat', '& (snat | dnat) != 0', '! seen-reply', 'confirmed', '! confirmed'])}`,
    'ct direction original',
    `meta mark ${draw(random, ['0x1', '!= 0x1', '& 0x6 == 0x6', '@marks', '1-8', '0'])}`,
    `ct mark ${draw(random, ['0x1', '0', '!= 0'])}`,
    `meta l4proto ${draw(random, ['tcp', 'udp', '{ tcp, icmp }', '!= tcp'])}`,
    ...(family === 'inet' ? [`meta nfproto ${draw(random, ['ipv4', 'ipv6'])}`] : []),
    `tcp flags ${draw(random, ['syn', '& (fin | syn | rst | ack) == syn', '& (syn | ack) == ack', '!= syn', 'ack', '! ack'])}`,
    `fib daddr type ${draw(random, ['local', '{ broadcast, multicast }', '!= local'])}`,
    'fib saddr . iif oif missing',
    `meta pkttype ${draw(random, ['host', 'broadcast', '{ broadcast, multicast }'])}`,
  ];
  if (chance(random, 0.12))
    return draw(random, [
      'limit rate 3/minute',
      'limit rate over 10/second',
      'numgen random mod 2 0',
      'quota over 1 mbytes',
    ]);
  if (family !== 'ip6') {
    choices.push(
      `ip saddr ${draw(random, PREFIXES[4])}`,
      `ip saddr != ${draw(random, PREFIXES[4])}`,
      'ip saddr @four',
      'ip daddr 10.7.0.1',
      'ip saddr . tcp dport { 10.0.0.0/8 . 22, 128.0.0.0/1 . 20-30 }',
      'ip saddr { 10.0.0.0/8, 203.0.113.7 }',
      'ip protocol tcp',
      'ip saddr @dyn',
    );
  }
  if (family !== 'ip')
    choices.push(
      `ip6 saddr ${draw(random, PREFIXES[6])}`,
      'ip6 saddr @six',
      `ip6 saddr != ${draw(random, PREFIXES[6])}`,
      'ip6 nexthdr tcp',
    );
  return draw(random, choices as [string, ...string[]]).replace(
    'ip saddr @dyn',
    family === 'ip6' ? '' : 'ip saddr @dyn',
  );
}

function generateIptables(random: Random, family: 4 | 6): string {
  const chains = times(1 + upTo(random, 3), (index) => `C${index}`);
  const rules = (chain: string, most: number, targets: readonly string[]): string[] =>
    times(upTo(random, most), () => `-A ${chain} ${iptablesRule(random, family, targets)}`);
  const filter = [
    ...rules('INPUT', 7, chains),
    ...chains.flatMap((chain, index) => rules(chain, 4, chains.slice(index + 1))),
  ];
  const early = chance(random, 0.4)
    ? times(
        upTo(random, 3),
        () =>
          `-A PREROUTING ${iptablesMatches(random, family)} ${draw(random, ['-j MARK --set-xmark 0x1/0xff', '-j MARK --set-mark 7', '-j MARK --or-mark 6', '-j CONNMARK --save-mark', '-j CONNMARK --restore-mark', '-j DROP', '-j ACCEPT', '-j RETURN'])}`,
      )
    : [];
  const raw = chance(random, 0.2) ? [`-A PREROUTING ${portMatch(random)} -j CT --notrack`] : [];
  const nat = chance(random, 0.2)
    ? [
        `-A PREROUTING ${ownField(random, family)} -p tcp -m tcp --dport ${draw(random, ['22', '2222'])} -j REDIRECT --to-ports ${REDIRECTED}`,
      ]
    : [];
  const policy = draw(random, ['ACCEPT', 'DROP']);
  return [
    '*filter',
    `:INPUT ${policy} [0:0]`,
    ':FORWARD ACCEPT [0:0]',
    ':OUTPUT ACCEPT [0:0]',
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...filter,
    'COMMIT',
    ...(early.length > 0 ? ['*mangle', ':PREROUTING ACCEPT [0:0]', ...early, 'COMMIT'] : []),
    ...(raw.length > 0 ? ['*raw', ':PREROUTING ACCEPT [0:0]', ...raw, 'COMMIT'] : []),
    ...(nat.length > 0 ? ['*nat', ':PREROUTING ACCEPT [0:0]', ...nat, 'COMMIT'] : []),
    '',
  ].join('\n');
}

function iptablesRule(random: Random, family: 4 | 6, chains: readonly string[]): string {
  const matches = iptablesMatches(random, family);
  if (chains.length > 0 && chance(random, 0.3)) {
    return `${matches} ${draw(random, ['-j', '-j', '-g'])} ${draw(random, chains as [string, ...string[]])}`;
  }
  return `${matches} ${draw(random, ['-j ACCEPT', '-j ACCEPT', '-j DROP', '-j DROP', '-j RETURN', '', '-j LOG --log-prefix "a -j DROP" --log-level 6', family === 4 ? '-j REJECT --reject-with icmp-admin-prohibited' : '-j REJECT --reject-with icmp6-adm-prohibited'])}`;
}

function portMatch(random: Random): string {
  const port = draw(random, ['22', '22', '20:30', '2222', '80', '53', '1024:']);
  const not = chance(random, 0.15) ? '! ' : '';
  return draw(random, [
    `-p tcp -m tcp ${not}--dport ${port}`,
    `-p tcp -m tcp --dport ${port} --tcp-flags FIN,SYN,RST,ACK SYN`,
    `-p tcp -m tcp --dport ${port} ${not}--tcp-flags SYN,ACK ${draw(random, ['SYN', 'ACK', 'SYN,ACK', 'NONE'])}`,
    `-p tcp -m multiport ${not}--dports 80,20:25,2222`,
    `-p udp -m udp --dport 53`,
    `-p tcp -m tcp --sport 20 --dport ${port}`,
    '-p tcp',
    '! -p tcp',
    '-p udp',
  ]);
}

function iptablesMatches(random: Random, family: 4 | 6): string {
  const own = times(upTo(random, 2), () => ownField(random, family)).sort();
  const distinct = [...new Map(own.map((one) => [one.replace('! ', '').slice(0, 2), one])).values()];
  const port = chance(random, 0.6) ? portMatch(random) : '';
  return [...distinct, port, ...times(upTo(random, 2), () => iptablesMatch(random))].join(' ');
}

function ownField(random: Random, family: 4 | 6): string {
  const not = chance(random, 0.25) ? '! ' : '';
  return draw(random, [
    `${not}-s ${draw(random, PREFIXES[family])}`,
    `${not}-i ${draw(random, ['eth0', 'eth+', 'lo', 'docker0'])}`,
    `${not}-d ${family === 4 ? '10.7.0.1' : 'fd07::1'}`,
  ]);
}

function iptablesMatch(random: Random): string {
  const not = chance(random, 0.25) ? '! ' : '';
  return draw(random, [
    `-m conntrack ${not}--ctstate ${draw(random, ['NEW', 'RELATED,ESTABLISHED', 'INVALID', 'NEW,UNTRACKED', 'DNAT'])}`,
    `-m conntrack ${not}--ctstate ${draw(random, ['NEW', 'RELATED,ESTABLISHED', 'INVALID'])}`,
    `-m conntrack --ctdir ORIGINAL`,
    `-m conntrack ${not}--ctorigdstport 22`,
    `-m state --state ${draw(random, ['NEW', 'ESTABLISHED'])}`,
    `-m mark ${not}--mark ${draw(random, ['0x1/0xff', '0x0', '0x7', '0x6/0x6'])}`,
    `-m connmark ${not}--mark ${draw(random, ['0x1/0xff', '0x0', '0x7'])}`,
    `-m addrtype ${not}--dst-type ${draw(random, ['LOCAL', 'BROADCAST', 'UNICAST'])}`,
    '-m comment --comment "-j ACCEPT \\"x\\""',
    '-m comment --comment -j',
    '-m limit --limit 3/min',
    '-m recent --set --name l --rsource',
    `-m recent --update --seconds 30 --hitcount 20 --name l --rsource`,
    `-m recent ${not}--rcheck --name m --rsource`,
    '-m policy --dir in --pol none',
    `-m pkttype --pkt-type ${draw(random, ['unicast', 'broadcast'])}`,
    '-m statistic --mode random --probability 0.5',
    '-m connlimit --connlimit-above 30 --connlimit-saddr',
    '-m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 10 --hashlimit-mode srcip --hashlimit-name lograte',
  ]);
}
