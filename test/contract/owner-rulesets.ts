import { draw } from '../lab/seeded-random.ts';
import { FREE_PORT } from './firewall-fixture.ts';

/** The doors' ports, and how an owner's rules may let them in to everybody. */
export const OPENED = { tcp: [22, 8000], udp: [51_820], forward: 8080 } as const;

type Random = () => number;

/** One base chain of an owner's: what it is at, and whether it drops what no rule lets in. */
const ENDS = ['policy', 'drop', 'reject', 'none'] as const;
const PRIORITIES = ['-300', '-150', '-10', '-1', '0', '5', '300', '2147483000'] as const;

/**
 * A host's rules of nftables, made from chance: several tables and families, with the doors' ports accepted behind jumps,
 * sets, verdict maps and at any priority. Everything that is not a door's passes, as on a host that works.
 */
export function renderOwnerRuleset(random: Random): string {
  const tables = 1 + Math.floor(random() * 3);
  return Array.from({ length: tables }, (_, n) =>
    random() < 0.6
      ? renderTable(random, 'inet', `owner${n}`)
      : `${renderTable(random, 'ip', `owner${n}`)}\n${renderTable(random, 'ip6', `owner${n}`)}`,
  ).join('\n');
}

function renderTable(random: Random, family: string, name: string): string {
  const [here, through] = [renderAccepts(random), renderThrough(random, family)];
  return `table ${family} ${name} {
${here.objects}
${renderBase(random, 'input', here.rules)}
${renderBase(random, 'forward', through)}
}`;
}

function renderBase(random: Random, hook: string, accepts: readonly string[]): string {
  const end = draw(random, ENDS);
  const last = { policy: '', none: '', drop: 'counter drop', reject: 'reject' }[end];
  const common = ['iifname "lo" accept', 'meta l4proto ipv6-icmp accept', `tcp dport ${FREE_PORT} accept`];
  const established = draw(random, [
    'ct state established,related accept',
    'ct state vmap { established : accept, related : accept, invalid : drop }',
  ]);
  return `  chain ${hook} {
    type filter hook ${hook} priority ${draw(random, PRIORITIES)}; policy ${end === 'policy' ? 'drop' : 'accept'};
    ${[established, ...common, ...accepts, last].join('\n    ')}
  }`;
}

/** Rules that let the doors' ports in, in one of an owner's ways, and what these need beside the base chain. */
function renderAccepts(random: Random): { readonly objects: string; readonly rules: readonly string[] } {
  const tcp = OPENED.tcp.join(', ');
  const udp = OPENED.udp.join(', ');
  const all = `tcp dport { ${tcp} } accept\n    udp dport { ${udp} } accept`;
  const pairs = [...OPENED.tcp.map((port) => `tcp . ${port}`), ...OPENED.udp.map((port) => `udp . ${port}`)];
  const ways: readonly [
    { objects: string; rules: string[] },
    ...(readonly { objects: string; rules: string[] }[]),
  ] = [
    { objects: '', rules: all.split('\n') },
    { objects: '', rules: ['accept'] },
    { objects: '', rules: ['ct state new meta l4proto { tcp, udp } counter accept'] },
    { objects: `  chain services {\n    ${all}\n  }`, rules: ['jump services'] },
    {
      objects: `  chain deep {\n    ${all}\n  }\n  chain zone {\n    goto deep\n  }`,
      rules: ['iifname vmap { "eth0" : jump zone, "eth9" : drop }'],
    },
    {
      objects: `  set ports { type inet_service; flags interval; elements = { ${tcp}, 51000-52000 }; }`,
      rules: ['tcp dport @ports accept', 'udp dport @ports counter accept'],
    },
    {
      objects:
        `  map verdicts { type inet_proto . inet_service : verdict; ` +
        `elements = { ${pairs.map((pair) => `${pair} : accept`).join(', ')} }; }`,
      rules: ['meta l4proto . th dport vmap @verdicts'],
    },
    {
      objects: '',
      rules: [
        'meta mark set 0x7 tcp dport { 1-65535 } meta mark 0x7 accept',
        `udp dport vmap { ${udp} : accept }`,
      ],
    },
  ];
  return draw(random, ways);
}

/** What lets a published port through, each as some program writes it. */
function renderThrough(random: Random, family: string): string[] {
  const inner = [
    ...(family === 'ip6' ? [] : ['ip daddr 10.8.0.2 tcp dport 80 accept']),
    ...(family === 'ip' ? [] : ['ip6 daddr fd08::2 tcp dport 80 accept']),
  ];
  return draw(random, [['ct status dnat accept'], ['oifname "inner0" accept'], ['accept'], inner]);
}

/** The same of iptables or ip6tables, as `iptables-restore` reads it: accepts in every table that has them, and in chains. */
export function renderOwnerTables(random: Random): string {
  const ports = OPENED.tcp.map((port) => `-p tcp -m tcp --dport ${port}`);
  const all = [...ports, ...OPENED.udp.map((port) => `-p udp -m udp --dport ${port}`)];
  const chain = draw(random, ['INPUT', 'services', 'deep']);
  const accept = draw(random, [
    '',
    '-i eth0 ',
    '-m conntrack --ctstate NEW ',
    '-m comment --comment "-j DROP" ',
  ]);
  const end = draw(random, ['', '-A INPUT -j DROP', '-A INPUT -j REJECT']);
  const early = ['raw', 'mangle'].map(
    (table) => `*${table}\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT`,
  );
  return `${early.join('\n')}
*filter
:INPUT ${end === '' ? 'DROP' : draw(random, ['DROP', 'ACCEPT'])} [0:0]
:FORWARD ${draw(random, ['DROP', 'ACCEPT'])} [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
:deep - [0:0]
-A INPUT ${draw(random, ['', '-i eth0 '])}-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ICMP -j ACCEPT
-A INPUT -p tcp -m tcp --dport ${FREE_PORT} -j ACCEPT
-A INPUT -j services
-A services -g deep
${all.map((one) => `-A ${chain} ${accept}${one} -j ACCEPT`).join('\n')}
${end}
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT
-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`;
}
