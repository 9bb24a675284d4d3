import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DaemonOptions } from '../../../src/app/config/daemon-options.ts';
import { type KnockdCommand, parseKnockdOptions } from '../../../src/cli/knockd/knockd-options.ts';

const DEFAULTS: DaemonOptions = {
  configFile: '/etc/knockd.conf',
  stateDirectory: '/var/lib/bussa',
  verbose: false,
  debug: false,
  lookUpNames: false,
  ipv6: true,
  background: false,
};

function parse(line: string, environment: Record<string, string> = {}): KnockdCommand {
  return parseKnockdOptions(line.split(' ').filter(Boolean), environment);
}

const daemon = (options: Partial<DaemonOptions> = {}): KnockdCommand => ({
  kind: 'daemon',
  options: { ...DEFAULTS, ...options },
});

const named = (text: string): NonNullable<DaemonOptions['interfaces']> => ({
  text,
  choice: { kind: 'named', names: text.split(',') },
});

const GOOD: readonly (readonly [line: string, command: KnockdCommand])[] = [
  ['', daemon()],
  ['-i eth0', daemon({ interfaces: named('eth0') })],
  ['-ieth0', daemon({ interfaces: named('eth0') })],
  ['--interface=eth0,wlan0', daemon({ interfaces: named('eth0,wlan0') })],
  ['-i any', daemon({ interfaces: { text: 'any', choice: { kind: 'any' } } })],
  ['-i AUTO', daemon({ interfaces: { text: 'AUTO', choice: { kind: 'auto' } } })],
  ['-d -p /run/x.pid', daemon({ background: true, pidFile: '/run/x.pid' })],
  ['-dvDl4', daemon({ background: true, verbose: true, debug: true, lookUpNames: true, ipv6: false })],
  ['-c a.conf -g log', daemon({ configFile: 'a.conf', logFile: 'log' })],
  ['-c a -c b', daemon({ configFile: 'b' })],
  [
    '--config a.conf --daemon --verbose --debug --lookup --only-ip-v4',
    daemon({
      configFile: 'a.conf',
      background: true,
      verbose: true,
      debug: true,
      lookUpNames: true,
      ipv6: false,
    }),
  ],
  ['--pid /run/p --log l --conf c', daemon({ pidFile: '/run/p', logFile: 'l', configFile: 'c' })],
  ['--state /srv/state', daemon({ stateDirectory: '/srv/state' })],
  ['-c -odd-name', daemon({ configFile: '-odd-name' })],
  ['--read a.pcap', { kind: 'replay', capture: 'a.pcap', configFile: '/etc/knockd.conf', ipv6: true }],
  ['--read a.pcap -c b -4', { kind: 'replay', capture: 'a.pcap', configFile: 'b', ipv6: false }],
  ['--check -c b', { kind: 'check', configFile: 'b' }],
  ['-h', { kind: 'help' }],
  ['-V', { kind: 'version' }],
  ['-d --help --no-such', { kind: 'usage-error', message: "unknown option '--no-such'" }],
  ['-V -h', { kind: 'version' }],
];

const BAD: readonly (readonly [line: string, message: RegExp])[] = [
  ['--colour', /unknown option '--colour'/],
  ['-x', /unknown option '-x'/],
  ['-dx', /unknown option '-x'/],
  ['-c', /option '-c' needs a value/],
  ['--config=', /option '--config' needs a value that is not empty/],
  ['--daemon=yes', /option '--daemon' takes no value/],
  ['--ver', /option '--ver' is ambiguous: --verbose or --version/],
  ['eth0', /unexpected argument 'eth0'/],
  ['-i eth0,', /option '--interface eth0,': an interface is missing/],
  ['-i eth0,any', /any cannot be combined/],
  ['-i /dev/eth0', /is not an interface/],
];

describe("knockd's options", () => {
  for (const [line, command] of GOOD) {
    test(`knockd ${line}`, () => assert.deepEqual(parse(line), command));
  }
  for (const [line, message] of BAD) {
    test(`knockd ${line}: a mistake`, () => {
      const command = parse(line);
      assert.ok(command.kind === 'usage-error', JSON.stringify(command));
      assert.match(command.message, message);
    });
  }

  test("systemd's state directory counts unless another is asked for, and of several the first", () => {
    const of = (line: string, directory: string): string | undefined => {
      const command = parse(line, { STATE_DIRECTORY: directory });
      return command.kind === 'daemon' ? command.options.stateDirectory : undefined;
    };
    assert.equal(of('', '/var/lib/one:/var/lib/two'), '/var/lib/one');
    assert.equal(of('--state /srv', '/var/lib/one'), '/srv');
    assert.equal(of('', ''), '/var/lib/bussa');
  });
});
