// What real configurations get wrong: good ones are drawn, and no word is said of them; then one thing in them is made
// wrong, as people do, and it is warned of at its line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { advise } from '../../../src/core/config/advice/advise.ts';
import type { HostFacts } from '../../../src/core/config/advice/written-door.ts';
import { type Diagnostic, renderDiagnostic, type WarningId } from '../../../src/core/text/diagnostic.ts';
import { draw, seededRandom } from '../../lab/seeded-random.ts';
import { bytesOf, complaints, FILE } from './config-text.ts';

const HOST: HostFacts = {
  serves: () => true,
  hasProgram: (name) => !name.includes(' '),
  hasIpv6: false,
  blindShare: () => undefined,
  interfaces: ['lo', 'eth0', 'wlan0'],
  hasDirectoryOf: (path) => !path.startsWith('/missing/'),
  endsLeases: () => true,
  blockingRuleIn: (tool, chain) =>
    tool === 'iptables' && chain === 'GUARDED'
      ? '-A GUARDED -j REJECT --reject-with icmp-port-unreachable'
      : undefined,
};

const advice = (text: string, host = HOST): readonly Diagnostic[] =>
  advise(FILE, bytesOf(text), new Map(), host).filter(({ id }) => id !== 'served-port');

const KNOCKS = ['sequence = 7312,18423,9534', 'seq_timeout = 10', 'tcpflags = syn'];
const door = (...lines: readonly string[]): string => ['[a]', ...KNOCKS, ...lines, ''].join('\n');

type Random = () => number;
/** A door that opens and closes; `start` and `stop` alone are of interest. */
type Pair = { readonly start: string; readonly stop: string };

const port = (random: Random): string => draw(random, ['22', '2222', 'ssh', '443', '51820']);
const path = (random: Random, tool: string): string =>
  draw(random, ['', '/sbin/', '/usr/sbin/', 'sudo ']) + tool;

/** A rule of iptables, its options in any order that people write them in. */
function iptables(random: Random): Pair {
  const tool = path(random, 'iptables');
  const chain = draw(random, ['INPUT', 'FORWARD', 'KNOCK', 'ufw-user-input']);
  const parts = [`-s ${draw(random, ['%IP%', '%IP%/32'])}`, `-p tcp --dport ${port(random)}`];
  const extra = draw(random, [
    '',
    '-m state --state NEW',
    '-m conntrack --ctstate NEW,ESTABLISHED',
    '-i eth0',
    '-m comment --comment "let in"',
  ]);
  const rule = [...(random() < 0.5 ? parts : parts.toReversed()), ...(extra === '' ? [] : [extra])].join(' ');
  const add = draw(random, [
    `-I ${chain}`,
    `-I ${chain} 1`,
    `-A ${chain}`,
    `-w -I ${chain}`,
    `--insert ${chain}`,
  ]);
  const remove = draw(random, [`-D ${chain}`, `-w 5 -D ${chain}`, `--delete ${chain}`]);
  return { start: `${tool} ${add} ${rule} -j ACCEPT`, stop: `${tool} ${remove} ${rule} -j ACCEPT` };
}

const OTHERS: readonly ((random: Random) => Pair)[] = [
  (random) => {
    const rest = `from %IP% to any port ${port(random)}${draw(random, ['', ' proto tcp'])}`;
    const tool = path(random, 'ufw');
    return {
      start: `${tool} ${draw(random, ['', 'insert 1 '])}allow ${rest}`,
      stop: `${tool} delete allow ${rest}`,
    };
  },
  (random) => {
    const rule = `rule='rule family="ipv4" source address="%IP%" port port="${port(random)}" protocol="tcp" accept'`;
    return {
      start: `firewall-cmd --add-rich-${rule} --timeout=60`,
      stop: `firewall-cmd --remove-rich-${rule}`,
    };
  },
  () => ({
    start: "nft add element inet filter knocked '{ %IP% timeout 60s }'",
    stop: "nft delete element inet filter knocked '{ %IP% }'",
  }),
  () => ({ start: 'ipset -exist add knocked %IP% timeout 60', stop: 'ipset del knocked %IP%' }),
  (random) => {
    const rest = `PREROUTING -s %IP% -p tcp --dport ${port(random)} -j DNAT --to-destination 10.0.0.2:22`;
    return { start: `iptables -t nat -A ${rest}`, stop: `iptables -t nat -D ${rest}` };
  },
  () => ({ start: '/usr/bin/systemctl start openvpn', stop: '/usr/bin/systemctl stop openvpn' }),
  () => ({ start: '/usr/local/bin/door open "%IP%"', stop: '/usr/local/bin/door close "%IP%"' }),
  () => ({ start: 'logger -t knock "Tür – offen für ‘%IP%’"', stop: "logger 'it is – “shut” again'" }),
  () => ({
    start: 'IP=%IP%; /sbin/iptables -I INPUT -s $IP -j ACCEPT',
    stop: '/sbin/iptables -D INPUT -s %IP% -j ACCEPT',
  }),
  () => ({ start: 'if test -e /x; then echo %IP% >> "$HOME/x"; fi', stop: 'sed -i /%IP%/d /x # it’s over' }),
  () => ({
    start: 'curl -s "http://192.0.2.7/?ip=%IP%&at=$(date +%Y-%m-%dT%H:%M)"',
    stop: 'curl http://192.0.2.7/?no=1',
  }),
  () => ({ start: 'iptables -P INPUT ACCEPT', stop: 'iptables -P INPUT DROP' }),
  () => ({ start: 'iptables-restore < /etc/open.rules', stop: 'iptables-restore < /etc/shut.rules' }),
  () => ({
    start: 'iptables -A INPUT -s %IP% -j ACCEPT && logger "open %IP%"',
    stop: 'iptables -D INPUT -s %IP% -j ACCEPT; logger "shut %IP%"',
  }),
];

const good = (random: Random): Pair =>
  random() < 0.6 ? iptables(random) : draw(random, [iptables, ...OTHERS])(random);
const lines = ({ start, stop }: Pair): string =>
  door(`start_command = ${start}`, 'cmd_timeout = 30', `stop_command = ${stop}`);

const START = 5;
const STOP = 7;

type Mutation = {
  readonly id: WarningId;
  readonly line: number;
  /** `undefined` where there is nothing to make wrong. */
  readonly change: (pair: Pair, random: Random) => Pair | undefined;
};

/** The start command with something replaced, which must be there. */
const inStart =
  (from: RegExp, to: (random: Random) => string) =>
  (pair: Pair, random: Random): Pair | undefined => {
    const start = pair.start.replace(from, to(random));
    return start === pair.start ? undefined : { ...pair, start };
  };

const one =
  (first: string, ...others: readonly string[]) =>
  (random: Random): string =>
    draw(random, [first, ...others]);

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'the placeholder misspelt': {
    id: 'misspelt-placeholder',
    line: START,
    change: inStart(
      /(?<!=)%IP%/,
      one(
        '%ip%',
        '%Ip%',
        '%IP',
        'IP%',
        '%iP',
        '%IP %',
        '%%IP%%',
        '$IP',
        '$' + '{IP}',
        '%ADDR%',
        '%SRC%',
        '%SOURCE_IP%',
        '<ip>',
        '{ip}',
        '%IPv4%',
      ),
    ),
  },
  'a typographic dash': {
    id: 'typographic',
    line: START,
    change: inStart(/(?<=\s)--?(?=[a-zA-Z])/, one('–', '—', '––', '−', '‐', '‑')),
  },
  'typographic quotes': {
    id: 'typographic',
    line: START,
    change: inStart(/"let in"/, one('“let in”', '„let in“', '‘let in’', '«let in»')),
  },
  'a blank that is none': {
    id: 'typographic',
    line: START,
    change: inStart(/ (?=-s|-p|from)/, one('\u00a0', '\u202f', '\u2009', '\u200b', ' \u00a0', '\u3000')),
  },
  'full-width digits': {
    id: 'typographic',
    line: START,
    change: inStart(/(?<=(?:dport|port) )\d+/, one('２２', '4４3', '２２２２')),
  },
  'the whole command in quotes': {
    id: 'quoted-value',
    line: START,
    change: ({ start, stop }) => (start.includes('"') ? undefined : { start: `"${start}"`, stop }),
  },
  'a quote never closed': {
    id: 'open-quote',
    line: START,
    change: inStart(/"let in"/, one('"let in', 'let in"', "'let in")),
  },
  'no source': {
    id: 'no-address',
    line: START,
    change: (pair, random) =>
      pair.start.includes('iptables -t')
        ? undefined
        : inStart(/-s %IP%(?:\/32)? ?|from %IP% to any /, one(''))(pair, random),
  },
  'no protocol': { id: 'bad-rule', line: START, change: inStart(/-p tcp (?=--dport)/, one('')) },
  'a target in small letters': {
    id: 'bad-rule',
    line: START,
    change: inStart(/^(?!IP=)(.*)-j ACCEPT$/, one('$1-j accept')),
  },
  'sleeping before it closes': {
    id: 'sleeping-command',
    line: START,
    change: ({ start, stop }, random) => {
      const link = draw(random, ['; ', ' && ', ' ; ']);
      return { start: `${start}${link}sleep ${draw(random, ['10', '5m', '0.5', '1h'])}${link}${stop}`, stop };
    },
  },
  'the stop command of another port, chain or table': {
    id: 'stop-differs',
    line: STOP,
    change: (pair, random) => {
      const [from, to] = draw<readonly [RegExp, string]>(random, [
        [/--dport \d+/, '--dport 9999'],
        [/(-D|--delete) \S+/, '$1 OTHER'],
        [/ -i eth0/, ''],
        [/-p tcp/, '-p udp'],
        [/-j ACCEPT/, '-j DROP'],
        [/-m state --state NEW/, ''],
        [/to any port \d+/, 'to any port 9999'],
        [/port="\d+"/, 'port="9999"'],
        [/del knocked/, 'del other'],
      ]);
      const stop = pair.stop.replace(from, to);
      return stop === pair.stop || pair.start.includes(';') || pair.start.includes('&&')
        ? undefined
        : { ...pair, stop };
    },
  },
  'the stop command adds once more': {
    id: 'stop-differs',
    line: STOP,
    change: (pair) => {
      const stop = pair.stop.replace(/(?:-D|--delete) (?=[A-Z])/, '-A ');
      return stop === pair.stop || pair.start.includes('&&') || pair.start.includes(';')
        ? undefined
        : { ...pair, stop };
    },
  },
  'appended behind a rule that drops all': {
    id: 'never-reached',
    line: START,
    change: (pair) => {
      const rename = (text: string): string =>
        text.replace(/(-A|-D|--delete) (?:INPUT|FORWARD|KNOCK|ufw-user-input)/, '$1 GUARDED');
      return / -A [A-Z]/.test(pair.start) && !pair.start.includes(' -t ')
        ? { start: rename(pair.start), stop: rename(pair.stop) }
        : undefined;
    },
  },
};

const DRAWN = 1500;

describe('mistakes in real configurations', () => {
  test('of good configurations no word is said', (t) => {
    const random = seededRandom(t);
    for (let n = 0; n < DRAWN; n++) {
      const text = lines(good(random));
      assert.deepEqual(complaints(text), [], text);
      assert.deepEqual(advice(text).map(renderDiagnostic), [], text);
    }
  });

  for (const [name, { id, line, change }] of Object.entries(MUTATIONS)) {
    test(`${name}: ${id}`, (t) => {
      const random = seededRandom(t);
      let changed = 0;
      for (let n = 0; n < DRAWN; n++) {
        const pair = change(good(random), random);
        if (pair === undefined) continue;
        changed++;
        const text = lines(pair);
        const said = advice(text);
        assert.ok(
          said.some((each) => each.id === id && each.place.line === line),
          `${text}\n${said.map(renderDiagnostic).join('\n')}`,
        );
      }
      assert.ok(changed >= 10, `${changed} were changed`);
    });
  }
});

describe('doors and settings', () => {
  const cases: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
    [
      'an interface that is not there',
      `[options]\ninterface = eth9\n${door('open = tcp/22', 'open_for = 9')}`,
      'no-interface 2:13',
    ],
    [
      'one of several',
      `[options]\ninterface = wlan0, eth1\n${door('open = tcp/22', 'open_for = 9')}`,
      'no-interface 2:20',
    ],
    ['interfaces that are', `[options]\ninterface = wlan0,eth0\n${door('open = tcp/22', 'open_for = 9')}`],
    ['any, and auto', `[options]\ninterface = any\n${door('open = tcp/22', 'open_for = 9')}`],
    [
      'directories that are not there',
      `[options]\nlogfile = /missing/knockd.log\npidfile = /missing/x/pid\n${door('open = tcp/22', 'open_for = 9')}`,
      'no-directory 2:11',
      'no-directory 3:11',
    ],
    [
      'a path in quotes',
      `[options]\nlogfile = "/var/log/knockd.log"\n${door('open = tcp/22', 'open_for = 9')}`,
      'quoted-value 2:11',
    ],
    ['a time without an end', door('command = logger %IP%', 'cmd_timeout = 10'), 'unused-time 6:1'],
    [
      'a limit and nothing that closes',
      door('command = logger %IP%', 'start_limit = 10'),
      'limit-without-stop 6:1',
    ],
    ['a program with a blank in its name', door('command = "/opt/my tool" %IP%')],
    [
      'a hook in quotes',
      door('command = logger %IP%', 'on_open = "/usr/bin/logger open"'),
      'quoted-value 6:11',
    ],
    [
      'a script that two commands know nothing of',
      door('command = /opt/open', 'cmd_timeout = 5', 'stop_command = /opt/shut'),
      'no-address 5:11',
    ],
    ['a script that nothing stops', door('command = /opt/wake')],
    ['the wrong direction', door('command = iptables -I INPUT -d %IP% -j ACCEPT'), 'bad-rule 5:11'],
    [
      'a stop command that sleeps',
      door('command = /opt/x %IP%', 'cmd_timeout = 5', 'stop_command = sleep 5; /opt/y %IP%'),
      'sleeping-command 7:16',
    ],
    ['asleep in the background', door('command = (sleep 5; iptables -D INPUT 1) &'), 'sleeping-command 5:12'],
    ['the word sleep is no command', door('command = logger "%IP% may sleep 5 minutes"')],
    [
      'the other family’s tool',
      door(
        'command = iptables -I INPUT -s %IP% -j ACCEPT',
        'cmd_timeout = 5',
        'stop_command = ip6tables -D INPUT -s %IP% -j ACCEPT',
      ),
      'stop-differs 7:16',
    ],
  ];
  for (const [name, text, ...expected] of cases) {
    test(name, () => {
      assert.deepEqual(complaints(text), []);
      assert.deepEqual(
        advice(text).map(({ id, place }) => `${id} ${place.line}:${place.column}`),
        expected,
      );
    });
  }

  const quiet = { ...HOST, serves: () => false };
  const flags = (text: string, knocks = '7312,18423,9534'): string =>
    `[a]\nsequence = ${knocks}\ntcpflags = ${text}\ncommand = logger %IP%\n`;
  for (const text of ['ack', 'syn,ack', 'fin', 'rst', 'fin,urg,!ack', '!syn', 'syn,rst', 'psh,ack'])
    test(`tcpflags = ${text}: no client opens it`, () =>
      assert.deepEqual(
        advice(flags(text), quiet).map(({ id, place }) => `${id} ${place.line}`),
        ['no-client 3'],
      ));
  for (const text of ['syn', 'syn,!ack', '!ack', '!rst,!fin', 'syn,!psh,!urg'])
    test(`tcpflags = ${text}: a client opens it`, () => assert.deepEqual(advice(flags(text), quiet), []));
  test('if a service answers, a client sends more than SYN', () => {
    assert.deepEqual(advice(flags('ack')), []);
    assert.deepEqual(advice(flags('fin')), []);
    assert.equal(advice(flags('syn,ack'))[0]?.id, 'no-client');
  });
  test('UDP has no flags', () => assert.deepEqual(advice(flags('ack', '7312:udp,18423:udp,9534:udp')), []));

  test('the same knocks with other flags that one packet meets', () => {
    const two = (first: string, second: string): string[] =>
      advice(flags(first) + flags(second).replace('[a]', '[b]'))
        .filter(({ id }) => id === 'same-knocks')
        .map(({ place }) => `${place.line}`);
    assert.deepEqual(two('syn', 'syn,!ack'), ['5']);
    assert.deepEqual(two('!ack', 'syn'), ['5']);
    assert.deepEqual(two('syn', 'fin,!syn'), []);
  });

  test('for a command that sleeps, the warning has the lines to write, and they work', () => {
    const text = door(
      'start_command = /sbin/iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT; sleep 5m; /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT',
    );
    const [{ message = '' } = {}, ...more] = advice(text);
    assert.deepEqual(more, []);
    const proposed = message.slice(message.indexOf('start_command =')).split(' | ');
    assert.deepEqual(proposed, [
      'start_command = /sbin/iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT',
      'cmd_timeout = 300',
      'stop_command = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT',
    ]);
    const mended = door(...proposed);
    assert.deepEqual(complaints(mended), []);
    assert.deepEqual(advice(mended), []);
  });

  test('no text throws or takes long', (t) => {
    const random = seededRandom(t);
    const words = [
      'iptables',
      '-A',
      '-I',
      '-D',
      'INPUT',
      '%IP%',
      '%IP',
      '"',
      "'",
      '\\',
      ';',
      '&&',
      '|',
      '(',
      ')',
      '!',
      '-s',
      '-j',
      'ACCEPT',
      'sleep',
      '5',
      'ufw',
      'allow',
      '–',
      '“',
      '$IP',
      '#',
      '=',
      '--dport=22',
      'nft',
      '{',
      '}',
    ] as const;
    for (let n = 0; n < DRAWN; n++) {
      const text = Array.from({ length: Math.floor(random() * 20) }, () => draw(random, words)).join(
        random() < 0.7 ? ' ' : '',
      );
      advice(door(`command = ${text}`, 'cmd_timeout = 5', `stop_command = ${text}`));
    }
    const long = `iptables ${'-s %IP% '.repeat(10_000)}`;
    const started = performance.now();
    advice(door(`command = ${long}`, 'cmd_timeout = 5', `stop_command = ${long}`));
    assert.ok(performance.now() - started < 5000);
  });
});
