// What is advised of doors and settings, each at its line and column.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { repeats } from '../../lab/effort.ts';
import { draw, seededRandom } from '../../lab/seeded-random.ts';
import { complaints } from './config-text.ts';
import { advice, door, HOST } from './drawn-commands.ts';

const TEXTS = repeats('BUSSA_ADVISED_TEXTS', { quick: 500, full: 1500 });

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
    for (let n = 0; n < TEXTS; n++) {
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
