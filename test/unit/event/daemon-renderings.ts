import { type Renderings, source } from './access-renderings.ts';

/** Of the daemon itself: its start, its configuration, its interfaces, its fleet. */
export const DAEMON_RENDERINGS = {
  listening: [[{ kind: 'listening', on: 'eth0' }, 'notice', 'starting up, listening on eth0']],
  stopping: [[{ kind: 'stopping' }, 'notice', 'shutting down']],
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
} as const satisfies Partial<Renderings>;
