// What is legal and unwise: each warning where its reason is, and nowhere else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { advise } from '../../../src/core/config/advice/advise.ts';
import type { HostFacts } from '../../../src/core/config/advice/written-door.ts';
import { BLIND_SHARE, isShareBlind } from '../../../src/core/decoy/decoy-ports.ts';
import type { Door } from '../../../src/core/door/door.ts';
import { diagnosticParts, WARNING_IDS } from '../../../src/core/text/diagnostic.ts';
import { firstWord } from '../../../src/core/text/first-word.ts';
import { bytesOf, complaints, FILE } from './config-text.ts';

const SERVED = new Set(['tcp/22', 'tcp/443', 'udp/9000']);

const HOST: HostFacts = {
  serves: (protocol, port) => SERVED.has(`${protocol}/${port}`),
  hasProgram: (name) => ['iptables', 'ip6tables', '/sbin/iptables', 'logger', 'nft'].includes(name),
  hasIpv6: true,
  blindShare: () => undefined,
  interfaces: ['lo', 'eth0', 'wlan0'],
  hasDirectoryOf: (path) => !path.startsWith('/missing/'),
  endsLeases: () => true,
  blockingRuleIn: (tool, chain) =>
    tool === 'iptables' && chain === 'GUARDED' ? '-A GUARDED -j DROP' : undefined,
};

function advice(text: string, host: HostFacts = HOST) {
  return advise(FILE, bytesOf(text), new Map(), host).map(diagnosticParts);
}

/** `id line:column` of each. */
const marks = (text: string, host?: HostFacts): string[] =>
  advice(text, host).map(({ id, line, column }) => `${id} ${line}:${column}`);

const door = (...lines: readonly string[]): string => ['[a]', ...lines, ''].join('\n');
const KNOCKS = 'sequence = 7312,18423,9534';
const OPEN = ['tcpflags = syn', 'open = tcp/22', 'open_for = 20'];

describe('advice', () => {
  const cases: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
    ['a good door', door(KNOCKS, ...OPEN)],
    ['ascending', door('sequence = 7312,8423,9534', ...OPEN), 'ascending-sequence 2:12'],
    ['descending', door('sequence = 9312,8423,7534', ...OPEN), 'ascending-sequence 2:12'],
    ['two knocks', door('sequence = 9312,18423', ...OPEN), 'short-sequence 2:12', 'ascending-sequence 2:12'],
    ['one knock', door('sequence = 9312', ...OPEN), 'short-sequence 2:12'],
    [
      'the manual’s',
      door('sequence = 7000,8000,9000', ...OPEN),
      'known-sequence 2:12',
      'ascending-sequence 2:12',
    ],
    ['in a row', door('sequence = 7312,7313,5000', ...OPEN), 'knocks-in-a-row 2:12'],
    ['no tcpflags', door(KNOCKS, 'open = tcp/22', 'open_for = 20'), 'no-tcpflags 1:2'],
    ['UDP has no flags', door('sequence = 7312:udp,18423:udp,9534:udp', 'open = tcp/22', 'open_for = 20')],
    ['no open_for', door(KNOCKS, 'tcpflags = syn', 'open = tcp/22'), 'default-time 4:1'],
    [
      'no cmd_timeout',
      door(KNOCKS, 'tcpflags = syn', 'start_command = logger a', 'stop_command = logger b'),
      'default-time 5:1',
    ],
    ['a start command alone closes nothing', door(KNOCKS, 'tcpflags = syn', 'start_command = logger a')],
    ['a knock port with a service', door('sequence = 7312,443,9534', ...OPEN), 'served-port 2:17'],
    ['a port that browsers refuse', door('sequence = 7312,6679,9534', ...OPEN), 'browser-port 2:17'],
    ['no page could knock there anyhow', door('sequence = 7312:udp,6679,9534', ...OPEN)],
    ['the same number of another protocol', door('sequence = 7312,18423,9000', ...OPEN)],
    ['nothing to open', door(KNOCKS, 'tcpflags = syn', 'open = tcp/2222', 'open_for = 20'), 'no-service 4:8'],
    [
      'what goes through is not here',
      door(KNOCKS, 'tcpflags = syn', 'open = tcp/2222 forward', 'open_for = 20'),
    ],
    ['the guard off', `[options]\nscan_guard = off\n${door(KNOCKS, ...OPEN)}`, 'guard-off 2:1'],
    [
      'a prefix',
      `${door('sequence = 7312,18423,9534', ...OPEN)}[b]\nsequence = 7312,18423,9534,4000\ntcpflags = syn\ncommand = logger b\n`,
      'prefix-sequence 2:12',
    ],
    [
      'the end of another one',
      `${door('sequence = 7312,18423,9534', ...OPEN)}[b]\nsequence = 4000,7312,18423,9534\ntcpflags = syn\ncommand = logger b\n`,
      'contained-sequence 2:12',
    ],
    [
      'the middle of another one',
      `${door('sequence = 7312,18423,9534', ...OPEN)}[b]\nsequence = 4000,7312,18423,9534,4001\ntcpflags = syn\ncommand = logger b\n`,
      'contained-sequence 2:12',
    ],
    [
      'in another order, or with others between: not contained',
      `${door('sequence = 7312,18423,9534', ...OPEN)}[b]\nsequence = 7312,4000,18423,9534,7312\ntcpflags = syn\ncommand = logger b\n`,
    ],
    [
      'a prefix that other flags keep apart',
      `${door('sequence = 7312,18423,9534', ...OPEN)}[b]\nsequence = 7312,18423,9534,4000\ntcpflags = fin,!syn\ncommand = logger b\n`,
      'no-client 8:12',
    ],
    [
      'no such program',
      door(KNOCKS, 'tcpflags = syn', 'command = PATH=/x iptabels -A INPUT', 'on_open = loger door'),
      'command-not-found 4:19',
      'command-not-found 5:11',
    ],
    [
      'no such program, for a shell',
      door(KNOCKS, ...OPEN, 'on_open = sh: /usr/bin/nothing here'),
      'command-not-found 6:15',
    ],
    [
      'rules for IPv4 alone',
      door(KNOCKS, 'tcpflags = syn', 'command = /sbin/iptables -A INPUT -s %IP% -j ACCEPT'),
      'ipv4-only 4:11',
    ],
    [
      'nft for IPv4 alone',
      door(KNOCKS, 'tcpflags = syn', 'command = nft add rule inet f i ip saddr %IP% accept'),
      'ipv4-only 4:11',
    ],
    [
      'rules for both',
      door(
        KNOCKS,
        'tcpflags = syn',
        'command = iptables -A INPUT -s %IP%',
        'command_6 = ip6tables -A INPUT -s %IP%',
      ),
    ],
    [
      'nothing for IPv6',
      door(KNOCKS, 'tcpflags = syn', 'command = iptables -A INPUT -s %IP%', 'command_6 ='),
    ],
  ];
  for (const [name, text, ...expected] of cases) {
    test(name, () => {
      assert.deepEqual(complaints(text), []);
      assert.deepEqual(marks(text), expected);
    });
  }

  test('a kernel that ends no lease in iptables', () => {
    const host = { ...HOST, endsLeases: () => false };
    assert.deepEqual(marks(door(KNOCKS, ...OPEN), host), ['lease-by-daemon 4:1']);
    const nftables = `[options]\nfirewall = nftables\n${door(KNOCKS, ...OPEN)}`;
    assert.deepEqual(marks(nftables, host), []);
    assert.deepEqual(marks(door(KNOCKS, 'tcpflags = syn', 'start_command = logger a'), host), []);
  });

  test('a host without IPv6 needs no rules for it', () => {
    const text = door(KNOCKS, 'tcpflags = syn', 'command = iptables -A INPUT -s %IP%');
    assert.deepEqual(marks(text, { ...HOST, hasIpv6: false }), []);
  });

  test('each says what is wrong and what would be right, under a name that is listed', () => {
    for (const [, text] of cases) {
      for (const { id, message, remedy } of advice(text)) {
        assert.ok(id !== undefined && WARNING_IDS.includes(id));
        assert.ok(message !== '' && remedy !== undefined && remedy !== '', message);
      }
    }
  });
});

test('the first word of a command, if it can be found', () => {
  const program = (name: string, offset = 0) => ({ kind: 'program', name, offset });
  for (const [text, expected] of [
    ['iptables -A INPUT', program('iptables')],
    ['A=b  C= /sbin/x; y', program('/sbin/x', 8)],
    ['x&&y', program('x')],
    ['if true; then x; fi', { kind: 'shell' }],
    ['[ -e /x ] && y', { kind: 'shell' }],
    ['echo %IP%', { kind: 'shell' }],
    ['$X y', { kind: 'unknown' }],
    ['"a b" c', { kind: 'unknown' }],
    ['A="b c" d', { kind: 'unknown' }],
    ['(x)', { kind: 'unknown' }],
    ['; x', { kind: 'unknown' }],
    ['', { kind: 'unknown' }],
  ] as const) {
    assert.deepEqual(firstWord(text), expected, text);
  }
});

describe('local ports that cover the share of the scan guard', () => {
  const blindShare = (one: Door): string | undefined =>
    isShareBlind([one], { first: 1024, last: 65_535 }) ? BLIND_SHARE : undefined;
  for (const [flags, sequence, told] of [
    ['syn', '7312,18423,9534', true],
    ['syn,!ack', '7312,18423,9534', true],
    ['syn,!ack,!rst', '7312,18423,9534', false],
    ['syn,!ack,!rst', '7312,18423:udp,9534', true],
  ] as const) {
    test(`are ${told ? '' : 'not '}reported with tcpflags = ${flags}, ${sequence}`, () => {
      const text = door(`sequence = ${sequence}`, `tcpflags = ${flags}`, 'open = tcp/22', 'open_for = 20');
      const ids = marks(text, { ...HOST, blindShare }).map((mark) => mark.split(' ')[0]);
      assert.equal(ids.includes('local-ports'), told);
      assert.ok(!marks(text, HOST).some((mark) => mark.startsWith('local-ports')));
    });
  }
});
