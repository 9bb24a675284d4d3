import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LogEvent } from '../../../src/core/event/event.ts';
import { eventLevel, type LogLevel, renderEvent } from '../../../src/core/event/render-event.ts';
import { address } from '../attempt/knocks.ts';

const source = address('192.0.2.1');
const of = { source, door: 'openSSH' } as const;

type Rendering<Kind extends LogEvent['kind']> = readonly [
  Extract<LogEvent, { kind: Kind }>,
  LogLevel,
  string,
];

/** Every kind of event, as the type demands. */
const RENDERINGS: { readonly [Kind in LogEvent['kind']]: readonly Rendering<Kind>[] } = {
  listening: [[{ kind: 'listening', on: 'eth0' }, 'notice', 'starting up, listening on eth0']],
  stopping: [[{ kind: 'stopping' }, 'notice', 'shutting down']],
  stage: [[{ kind: 'stage', ...of, stage: 1 }, 'notice', '192.0.2.1: openSSH: Stage 1']],
  completed: [[{ kind: 'completed', ...of }, 'notice', '192.0.2.1: openSSH: OPEN SESAME']],
  failed: [[{ kind: 'failed', ...of, stage: 2 }, 'debug', '192.0.2.1: openSSH: wrong knock (stage 2)']],
  expired: [
    [{ kind: 'expired', ...of, stage: 2 }, 'notice', '192.0.2.1: openSSH: sequence timeout (stage 2)'],
  ],
  evicted: [
    [
      { kind: 'evicted', ...of, stage: 1 },
      'debug',
      '192.0.2.1: openSSH: made room for another attempt (stage 1)',
    ],
  ],
  withheld: [
    [
      { kind: 'withheld', ...of, stage: 3 },
      'warning',
      '192.0.2.1: openSSH: not opened: this address also probed other ports; repeat the sequence once, without any other packet, to open',
    ],
  ],
  scan: [
    [
      { kind: 'scan', source, protocol: 'tcp', port: 7001, seconds: 60 },
      'notice',
      '192.0.2.1: port scan: tcp/7001 is its second decoy port; for 60 s the sequence must be knocked twice in a row',
    ],
  ],
  running: [
    [
      { kind: 'running', door: 'openSSH', command: '/sbin/iptables -A INPUT -s 192.0.2.1 -j ACCEPT' },
      'notice',
      'openSSH: running command: /sbin/iptables -A INPUT -s 192.0.2.1 -j ACCEPT',
    ],
  ],
  'command-failed': [
    [
      { kind: 'command-failed', door: 'openSSH', failure: { kind: 'status', status: 2 } },
      'error',
      'openSSH: command returned non-zero status code (2)',
    ],
    [
      {
        kind: 'command-failed',
        door: 'openSSH',
        failure: { kind: 'status', status: 1 },
        lastErrorLine: 'iptables: No chain/target/match by that name.',
      },
      'error',
      'openSSH: command returned non-zero status code (1): iptables: No chain/target/match by that name.',
    ],
    [
      { kind: 'command-failed', door: 'openSSH', failure: { kind: 'signal', signal: 'SIGKILL' } },
      'error',
      'openSSH: command was terminated by signal SIGKILL',
    ],
    [
      { kind: 'command-failed', door: 'openSSH', failure: { kind: 'not-started', reason: 'no memory' } },
      'error',
      'openSSH: command could not be started: no memory',
    ],
  ],
  waiting: [
    [
      { kind: 'waiting', door: 'openSSH', command: 'true', purpose: 'start', of: 'door', limit: 8 },
      'warning',
      'openSSH: waiting: the limit of 8 commands at this door is reached: true',
    ],
    [
      { kind: 'waiting', door: 'openSSH', command: 'true', purpose: 'stop', of: 'door', limit: 1 },
      'warning',
      'openSSH: waiting: the limit of 1 stop command at this door is reached: true',
    ],
    [
      { kind: 'waiting', door: 'openSSH', command: 'true', purpose: 'stop', of: 'all', limit: 64 },
      'warning',
      'openSSH: waiting: the limit of 64 stop commands at all doors together is reached: true',
    ],
  ],
  'start-failed': [
    [
      {
        kind: 'start-failed',
        ...of,
        reason: 'failed with status 2: why',
        shortReason: 'failed with status 2',
        why: { code: 'status', values: { status: 2, why: ': why' } },
      },
      'warning',
      '192.0.2.1: openSSH: the start command failed with status 2: why',
    ],
  ],
  unclosed: [
    [
      { kind: 'unclosed', ...of, times: 1, seconds: 1 },
      'error',
      '192.0.2.1: openSSH: not closed yet: tried once, next try in 1 s',
    ],
    [
      { kind: 'unclosed', ...of, times: 3, seconds: 4 },
      'error',
      '192.0.2.1: openSSH: not closed yet: tried 3 times, next try in 4 s',
    ],
  ],
  'command-timeout': [[{ kind: 'command-timeout', ...of }, 'notice', '192.0.2.1: openSSH: command timeout']],
  'judged-closed': [
    [
      { kind: 'judged-closed', ports: ['tcp/22', 'udp/53'] },
      'notice',
      'strangers cannot reach, judged by the whole ruleset: tcp/22, udp/53',
    ],
  ],
  firewall: [
    [
      { kind: 'firewall', name: 'nftables, table inet bussa', why: 'nothing is closed here' },
      'notice',
      'using nftables, table inet bussa: nothing is closed here',
    ],
  ],
  opened: [
    [
      { kind: 'opened', ...of, ports: 'tcp/22, udp/51820', seconds: 60 },
      'notice',
      '192.0.2.1: openSSH: opened tcp/22, udp/51820 for 60 s',
    ],
  ],
  closed: [
    [{ kind: 'closed', ...of, ports: 'tcp/22', cut: 0 }, 'notice', '192.0.2.1: openSSH: closed tcp/22'],
    [
      { kind: 'closed', ...of, ports: 'tcp/22', early: 'left', cut: 0 },
      'notice',
      '192.0.2.1: openSSH: closed tcp/22, its last connection has ended',
    ],
    [
      { kind: 'closed', ...of, ports: 'tcp/22', cut: 1 },
      'notice',
      '192.0.2.1: openSSH: closed tcp/22, 1 connection cut',
    ],
    [
      { kind: 'closed', ...of, ports: 'tcp/22', cut: 2 },
      'notice',
      '192.0.2.1: openSSH: closed tcp/22, 2 connections cut',
    ],
  ],
  held: [[{ kind: 'held', ...of }, 'notice', '192.0.2.1: openSSH: held open while a connection lives']],
  ordered: [
    [
      { kind: 'ordered', ...of, order: 'open', seconds: 600 },
      'notice',
      "192.0.2.1: openSSH: the operator's order: open it for 600 s",
    ],
    [
      { kind: 'ordered', ...of, order: 'extend', seconds: 90 },
      'notice',
      "192.0.2.1: openSSH: the operator's order: keep it open for 90 s",
    ],
    [
      { kind: 'ordered', ...of, order: 'close' },
      'notice',
      "192.0.2.1: openSSH: the operator's order: close it",
    ],
  ],
  extended: [
    [
      { kind: 'extended', ...of, seconds: 10 },
      'notice',
      '192.0.2.1: openSSH: already open; stays open for 10 s from now',
    ],
  ],
  refused: [
    [{ kind: 'refused', ...of, reason: 'too many' }, 'warning', '192.0.2.1: openSSH: not opened: too many'],
  ],
  banned: [
    [{ kind: 'banned', who: '192.0.2.0/24' }, 'notice', '192.0.2.0/24: banned for good'],
    [{ kind: 'banned', who: '192.0.2.1', seconds: 60 }, 'notice', '192.0.2.1: banned for 60 s'],
  ],
  unbanned: [[{ kind: 'unbanned', who: '192.0.2.1' }, 'notice', '192.0.2.1: no longer banned']],
  adopted: [
    [
      { kind: 'adopted', ...of, overdue: true },
      'notice',
      '192.0.2.1: openSSH: left open by an earlier run, overdue, closing now',
    ],
    [
      { kind: 'adopted', ...of, overdue: false },
      'notice',
      '192.0.2.1: openSSH: left open by an earlier run, will be closed on time',
    ],
  ],
  reloading: [
    [{ kind: 'reloading', file: '/etc/knockd.conf' }, 'notice', 're-reading config file: /etc/knockd.conf'],
    [
      { kind: 'reloading', file: '/etc/knockd.conf', by: 'anna' },
      'notice',
      're-reading config file: /etc/knockd.conf, by anna',
    ],
  ],
  'proof-refused': [
    [
      {
        kind: 'proof-refused',
        source,
        proof: 'key',
        reason: 'no user has its key: SHA256:abc…',
        shortReason: 'no user has its key',
      },
      'notice',
      '192.0.2.1: signed knock refused: no user has its key: SHA256:abc…',
    ],
    [
      {
        kind: 'proof-refused',
        source,
        user: 'alice',
        proof: 'key',
        credential: 'SHA256:abc',
        reason: 'the clock of the sender is 3 min behind',
        shortReason: 'the clock of the sender is wrong',
      },
      'notice',
      '192.0.2.1: alice: signed knock refused: the clock of the sender is 3 min behind',
    ],
  ],
  'reload-refused': [
    [
      { kind: 'reload-refused', file: '/etc/knockd.conf', mistakes: 2 },
      'error',
      'the new configuration in /etc/knockd.conf has 2 mistakes and was rejected; the old one stays in force',
    ],
    [
      { kind: 'reload-refused', file: '/etc/knockd.conf', mistakes: 1 },
      'error',
      'the new configuration in /etc/knockd.conf has 1 mistake and was rejected; the old one stays in force',
    ],
    [
      { kind: 'reload-refused', file: '/etc/knockd.conf', mistakes: 0 },
      'error',
      'the new configuration in /etc/knockd.conf was rejected (see above); the old one stays in force',
    ],
  ],
  'log-reopened': [
    [
      { kind: 'log-reopened', file: '/var/log/knockd.log' },
      'notice',
      're-opening log file: /var/log/knockd.log',
    ],
  ],
  'no-sequences-left': [
    [
      { kind: 'no-sequences-left', door: 'openSSH', file: '/etc/seq' },
      'error',
      'no more sequences left in the one time sequences file /etc/seq for door openSSH --> disabling the door',
    ],
  ],
  interface: [
    [
      { kind: 'interface', change: { kind: 'appeared', name: 'tun0' } },
      'notice',
      'interface tun0 has appeared',
    ],
    [
      { kind: 'interface', change: { kind: 'vanished', name: 'tun0' } },
      'notice',
      'interface tun0 has vanished',
    ],
    [{ kind: 'interface', change: { kind: 'up', name: 'tun0' } }, 'notice', 'interface tun0 is up'],
    [{ kind: 'interface', change: { kind: 'down', name: 'tun0' } }, 'notice', 'interface tun0 is down'],
    [
      { kind: 'interface', change: { kind: 'address-added', name: 'tun0', address: source } },
      'notice',
      'interface tun0: address 192.0.2.1 added',
    ],
    [
      { kind: 'interface', change: { kind: 'address-removed', name: 'tun0', address: source } },
      'notice',
      'interface tun0: address 192.0.2.1 removed',
    ],
    [
      { kind: 'interface', change: { kind: 'default-route', name: 'tun0' } },
      'notice',
      'interface tun0 now has a default route',
    ],
    [
      { kind: 'interface', change: { kind: 'no-default-route', name: 'tun0' } },
      'notice',
      'interface tun0 no longer has a default route',
    ],
  ],
  'interface-missing': [
    [{ kind: 'interface-missing', name: 'tun0' }, 'warning', 'interface tun0 does not exist; waiting for it'],
  ],
  'fleet-connected': [
    [{ kind: 'fleet-connected', count: 0 }, 'notice', 'fleet: connected to the engine'],
    [
      { kind: 'fleet-connected', count: 1 },
      'notice',
      'fleet: connected to the engine; 1 change waits to be told',
    ],
  ],
  'fleet-unreachable': [
    [
      { kind: 'fleet-unreachable', count: 12, reason: 'it does not answer' },
      'warning',
      'fleet: no connection to the engine: it does not answer: doors open and close here as ever, other members are not told until it is back; 12 changes wait to be told',
    ],
  ],
  'packets-dropped': [
    [
      { kind: 'packets-dropped', count: 7 },
      'warning',
      '7 packets lost: arrived faster than they could be processed',
    ],
  ],
  suppressed: [
    [
      { kind: 'suppressed', what: 'openSSH: Stage', count: 99_990 },
      'notice',
      'openSSH: Stage: 99990 more lines like this were not written',
    ],
  ],
  unconfirmed: [
    [
      { kind: 'unconfirmed', seconds: 60, how: 'bussa confirm', atTerminal: false },
      'notice',
      'reverting in 60 s unless you confirm: knock, log in through the door, then run bussa confirm there',
    ],
    [
      { kind: 'unconfirmed', seconds: 5, how: 'bussa confirm', atTerminal: true },
      'notice',
      'reverting in 5 s unless you confirm: knock, log in through the door, then run bussa confirm there; or press Enter here',
    ],
  ],
  confirmed: [
    [{ kind: 'confirmed', at: 'control' }, 'notice', 'confirmed by bussa confirm: the rules stay in place'],
    [
      { kind: 'confirmed', at: 'control', by: 'anna' },
      'notice',
      'confirmed by bussa confirm, by anna: the rules stay in place',
    ],
    [{ kind: 'confirmed', at: 'terminal' }, 'notice', 'confirmed at the terminal: the rules stay in place'],
  ],
  undoing: [
    [
      { kind: 'undoing', seconds: 60 },
      'error',
      'not confirmed within 60 s: opening the ports again and stopping the daemon',
    ],
  ],
  undone: [
    [
      { kind: 'undone', why: 'the daemon has died' },
      'error',
      'the daemon has died: the ports that it closed are open again',
    ],
  ],
  warning: [[{ kind: 'warning', text: 'look out' }, 'warning', 'look out']],
  error: [[{ kind: 'error', text: 'it broke' }, 'error', 'it broke']],
  debug: [[{ kind: 'debug', text: 'tcp: a -> b' }, 'debug', 'tcp: a -> b']],
};

describe('the line of an event', () => {
  for (const [kind, renderings] of Object.entries(RENDERINGS)) {
    test(kind, () => {
      assert.ok(renderings.length > 0);
      for (const [event, level, line] of renderings) {
        assert.equal(renderEvent(event), line);
        assert.equal(eventLevel(event), level);
      }
    });
  }

  test('shows the name of a source where it was looked up, as knockd does', () => {
    const name = 'host.example.net';
    assert.equal(
      renderEvent({ kind: 'stage', ...of, stage: 2 }, name),
      '192.0.2.1 (host.example.net): openSSH: Stage 2',
    );
    const completed = renderEvent({ kind: 'completed', ...of }, name);
    assert.equal(completed, '192.0.2.1 (host.example.net): openSSH: OPEN SESAME');
    const expired = renderEvent({ kind: 'expired', ...of, stage: 1 }, name);
    assert.equal(expired, '192.0.2.1 (host.example.net): openSSH: sequence timeout (stage 1)');
    const timeout = renderEvent({ kind: 'command-timeout', ...of }, name);
    assert.equal(timeout, '192.0.2.1 (host.example.net): openSSH: command timeout');
  });

  test('is one line, whatever a program, a name server or a configuration says', () => {
    const forged = 'x\n[2026-01-01 00:00] 10.0.0.1: ssh: OPEN SESAME\r\u001b[2J\u2028';
    const escaped = 'x\\u{a}[2026-01-01 00:00] 10.0.0.1: ssh: OPEN SESAME\\u{d}\\u{1b}[2J\\u{2028}';
    assert.equal(
      renderEvent({ kind: 'stage', ...of, stage: 1 }, forged),
      `192.0.2.1 (${escaped}): openSSH: Stage 1`,
    );
    assert.equal(
      renderEvent({ kind: 'running', door: 'a', command: forged }),
      `a: running command: ${escaped}`,
    );
    const failure = { kind: 'status', status: 1 } as const;
    assert.equal(
      renderEvent({ kind: 'command-failed', door: 'a', failure, lastErrorLine: forged }),
      `a: command returned non-zero status code (1): ${escaped}`,
    );
    assert.equal(renderEvent({ kind: 'error', text: forged }), escaped);
    assert.equal(
      renderEvent({ kind: 'interface-missing', name: '\u0000' }),
      'interface \\u{0} does not exist; waiting for it',
    );
  });
});
