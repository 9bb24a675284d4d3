import type { LogEvent } from '../../../src/core/event/event.ts';
import type { LogLevel } from '../../../src/core/event/render-event.ts';
import { address } from '../attempt/knocks.ts';

export const source = address('192.0.2.1');
export const of = { source, door: 'openSSH' } as const;

type Rendering<Kind extends LogEvent['kind']> = readonly [
  Extract<LogEvent, { kind: Kind }>,
  LogLevel,
  string,
];

/** Events of every kind, each with its level and its line. */
export type Renderings = { readonly [Kind in LogEvent['kind']]: readonly Rendering<Kind>[] };

/** Of attempts, commands, leases and bans. */
export const ACCESS_RENDERINGS = {
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
} as const satisfies Partial<Renderings>;
