import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderCommands } from '../../../src/core/door/opening.ts';
import { MAX_SEQUENCE_LENGTH } from '../../../src/core/door/sequence.ts';
import { parseAddress } from '../../../src/core/net/address.ts';
import { TCP_FLAG } from '../../../src/core/net/tcp-flags.ts';
import { bytesOf, complaints, configOf, doorOf, sequenceOf } from './config-text.ts';

const SSH = `[options]
	UseSyslog

[openSSH]
	sequence    = 7000,8000,9000
	seq_timeout = 5
	command     = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn

[closeSSH]
	sequence    = 9000,8000,7000
	seq_timeout = 5
	command     = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
	tcpflags    = syn
`;

const BITS = `[options]
    logfile = /var/log/knockd.log
[openBITS]
    sequence      = 9132,4367,8371,1321,5239
    seq_timeout   = 30
    tcpflags      = syn
    start_command = /sbin/iptables -I INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT
    cmd_timeout   = 60
    stop_command  = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
`;

const MIXED = `[options]
	logfile = /var/log/knockd.log
	PIDFILE = /run/knockd.pid
	Interface = eth0
[opencloseSSH]
	sequence      = 2222:udp,3333:tcp,4444:UDP
	seq_timeout   = 15
	tcpflags      = syn,!ack
	target        = 192.0.2.7
	start_command = /usr/sbin/iptables -A INPUT -s %IP% -p tcp --syn -j ACCEPT
	start_command_6 = /usr/sbin/ip6tables -A INPUT -s %IP% -p tcp --syn -j ACCEPT
	cmd_timeout   = 5
	stop_command  = /usr/sbin/iptables -D INPUT -s %IP% -p tcp --syn -j ACCEPT
	stop_command_6  =
[opencloseSMTP]
	one_time_sequences = /etc/knockd/smtp_sequences
	timeout            = 15
	command_6          = /bin/true
`;

const door = (lines: string): string => `[door]\nsequence = 1,2\n${lines}\n`;
const source4 = parseAddress('192.0.2.1')!;
const source6 = parseAddress('2001:db8::1')!;

describe('the configurations in daily use', () => {
  it('reads openSSH and closeSSH as Debian ships them', () => {
    const { settings, doors } = configOf(SSH);
    assert.deepEqual(settings, { useSyslog: true });
    assert.deepEqual(
      doors.map((each) => [each.name, sequenceOf(each), each.seqTimeout, each.flags]),
      [
        ['openSSH', '7000:tcp,8000:tcp,9000:tcp', 5_000, { mask: TCP_FLAG.syn, value: TCP_FLAG.syn }],
        ['closeSSH', '9000:tcp,8000:tcp,7000:tcp', 5_000, { mask: TCP_FLAG.syn, value: TCP_FLAG.syn }],
      ],
    );
    const start = '/sbin/iptables -A INPUT -s 192.0.2.1 -p tcp --dport 22 -j ACCEPT';
    assert.deepEqual(renderCommands(doors[0]!.opening, source4), { start });
  });

  it('reads openBITS with its start and stop commands', () => {
    const { settings, doors } = configOf(BITS);
    assert.deepEqual(settings, { useSyslog: false, logFile: '/var/log/knockd.log' });
    const bits = doors[0]!;
    assert.equal(sequenceOf(bits), '9132:tcp,4367:tcp,8371:tcp,1321:tcp,5239:tcp');
    assert.deepEqual([bits.seqTimeout, bits.opening.cmdTimeout], [30_000, 60_000]);
    assert.deepEqual(renderCommands(bits.opening, source6), {
      start: '/sbin/iptables -I INPUT 1 -s 2001:db8::1 -p tcp --dport 22 -j ACCEPT',
      stop: '/sbin/iptables -D INPUT -s 2001:db8::1 -p tcp --dport 22 -j ACCEPT',
    });
  });

  it('reads mixed protocols, a target, a negated flag, _6 commands and one-time sequences', () => {
    const { settings, doors } = configOf(MIXED);
    assert.deepEqual(settings, {
      useSyslog: false,
      logFile: '/var/log/knockd.log',
      pidFile: '/run/knockd.pid',
      interfaces: { kind: 'named', names: ['eth0'] },
    });
    const [ssh, smtp] = doors;
    assert.equal(sequenceOf(ssh!), '2222:udp,3333:tcp,4444:udp');
    assert.deepEqual(ssh!.flags, { mask: TCP_FLAG.syn | TCP_FLAG.ack, value: TCP_FLAG.syn });
    assert.equal(ssh!.target, '192.0.2.7');
    assert.deepEqual(ssh!.opening.commands[6], {
      start: '/usr/sbin/ip6tables -A INPUT -s %IP% -p tcp --syn -j ACCEPT',
    });
    assert.deepEqual(smtp!.sequenceSource, { kind: 'one-time', path: '/etc/knockd/smtp_sequences' });
    assert.deepEqual(smtp!.opening.commands, { 4: {}, 6: { start: '/bin/true' } });
  });
});

describe('the form of the file', () => {
  const same = (text: string | Uint8Array): void => assert.deepEqual(configOf(text), configOf(SSH));

  it('takes CRLF', () => same(SSH.replaceAll('\n', '\r\n')));
  it('takes a byte order mark', () => same(`\uFEFF${SSH}`));
  it('takes a last line without a newline', () => same(SSH.trimEnd()));
  it('takes spaces for tabs, and none', () => {
    same(SSH.replaceAll('\t', '    '));
    same(SSH.replaceAll('\t', ''));
    same(SSH.replaceAll(/ *= */g, '='));
  });
  it('takes directives and [options] in any case', () => {
    same(SSH.replace(/^\t\w+/gm, (word) => word.toUpperCase()).replace('options', 'OPTIONS'));
    same(SSH.replace(/^\t\w+/gm, (word) => word.toLowerCase()).replace('[options]', '[ Options ]'));
  });
  it('accepts comments on separate lines, whatever they contain', () =>
    same(SSH.replaceAll('\n', '\n  # [x] = \x01 ü\n#\n \t\n')));
  it('keeps names with spaces and letters of any script', () => {
    assert.equal(doorOf('[Tür 1 😀]\nsequence=1').name, 'Tür 1 😀');
  });
  it('distinguishes doors whose names differ only in case, as knockd does', () => {
    assert.deepEqual(complaints('[a]\nsequence=1\n[A]\nsequence=2'), []);
  });
  it('reads a line of 2 MiB', () => {
    const text = `#${'x'.repeat(2 << 20)}\n${door('')}`;
    assert.equal(sequenceOf(doorOf(text)), '1:tcp,2:tcp');
  });
});

describe('options', () => {
  const settings = (lines: string): unknown => configOf(`[options]\n${lines}\n${door('')}`).settings;

  it('UseSyslog: alone, yes or no, in any section', () => {
    assert.deepEqual(settings('UseSyslog'), { useSyslog: true });
    assert.deepEqual(settings('usesyslog = Yes'), { useSyslog: true });
    assert.deepEqual(settings('usesyslog = no'), { useSyslog: false });
    assert.deepEqual(settings(''), { useSyslog: false });
    assert.equal(configOf(door('UseSyslog')).settings.useSyslog, true);
  });
  it('LogFile and PidFile: any path, one relative or with an = or a space too', () => {
    assert.deepEqual(settings('LogFile = a=b#c'), { useSyslog: false, logFile: 'a=b#c' });
    assert.deepEqual(settings('PidFile = /run/my knockd.pid'), {
      useSyslog: false,
      pidFile: '/run/my knockd.pid',
    });
  });
  it('Interface: one, several, any, auto', () => {
    const interfaces = (value: string) =>
      configOf(`[options]\ninterface=${value}\n${door('')}`).settings.interfaces;
    assert.deepEqual(interfaces('eth0'), { kind: 'named', names: ['eth0'] });
    assert.deepEqual(interfaces('eth0 , wlan0'), { kind: 'named', names: ['eth0', 'wlan0'] });
    assert.deepEqual(interfaces('any'), { kind: 'any' });
    assert.deepEqual(interfaces('AUTO'), { kind: 'auto' });
  });
});

describe('doors', () => {
  const sequence = (value: string): string => sequenceOf(doorOf(`[door]\nsequence = ${value}\n`));

  it('have the defaults of knockd', () => {
    assert.deepEqual(doorOf(door('')), {
      name: 'door',
      sequenceSource: {
        kind: 'fixed',
        sequence: [
          { protocol: 'tcp', port: 1 },
          { protocol: 'tcp', port: 2 },
        ],
      },
      seqTimeout: 25_000,
      flags: { mask: 0, value: 0 },
      opening: { kind: 'command', commands: { 4: {}, 6: {} }, cmdTimeout: 10_000 },
    });
  });
  it('Sequence: protocols in any case, spaces anywhere, any length up to the bound', () => {
    assert.equal(sequence('7000,8000:udp, 9000:TCP'), '7000:tcp,8000:udp,9000:tcp');
    assert.equal(sequence(' 7000 ,\t8000 : Udp\t'), '7000:tcp,8000:udp');
    assert.equal(sequence('1,65535'), '1:tcp,65535:tcp');
    assert.equal(sequence('7,7,7'), '7:tcp,7:tcp,7:tcp');
    const longest = new Array<string>(MAX_SEQUENCE_LENGTH).fill('7:udp').join(',');
    assert.equal(sequence(longest), longest);
  });
  it('One_Time_Sequences: the path of a file', () => {
    const { sequenceSource } = doorOf('[door]\nOne_Time_Sequences = seq.txt');
    assert.deepEqual(sequenceSource, { kind: 'one-time', path: 'seq.txt' });
  });
  it('Seq_Timeout, Timeout and Cmd_Timeout: seconds', () => {
    assert.equal(doorOf(door('Seq_Timeout = 7')).seqTimeout, 7_000);
    assert.equal(doorOf(door('Timeout = 8')).seqTimeout, 8_000);
    assert.equal(doorOf(door('Cmd_Timeout = 9')).opening.cmdTimeout, 9_000);
    assert.equal(doorOf(door('Cmd_Timeout = 0')).opening.cmdTimeout, 0);
    assert.equal(doorOf(door('Cmd_Timeout = 2147483647')).opening.cmdTimeout, 2_147_483_647_000);
  });
  it('TCPFlags: each of the six, set or not set, any case, spaces', () => {
    for (const [name, bit] of Object.entries(TCP_FLAG)) {
      assert.deepEqual(doorOf(door(`TCPFlags = ${name.toUpperCase()}`)).flags, { mask: bit, value: bit });
      assert.deepEqual(doorOf(door(`TCPFlags = !${name}`)).flags, { mask: bit, value: 0 });
    }
    const { mask, value } = doorOf(door('TCPFlags = fin , ! Ack,urg')).flags;
    assert.equal(mask, TCP_FLAG.fin | TCP_FLAG.ack | TCP_FLAG.urg);
    assert.equal(value, TCP_FLAG.fin | TCP_FLAG.urg);
  });
  it('Target: an address of either family, in any of its spellings', () => {
    assert.equal(doorOf(door('Target = 192.0.2.7')).target, '192.0.2.7');
    assert.equal(doorOf(door('Target = 2001:DB8:0:0::1')).target, '2001:db8::1');
  });
});

describe('commands', () => {
  const commands = (lines: string): unknown => doorOf(door(lines)).opening.commands;

  it('Start_Command and Command serve both families where nothing is said of IPv6', () => {
    const both = { 4: { start: 'a' }, 6: { start: 'a' } };
    assert.deepEqual(commands('Start_Command = a'), both);
    assert.deepEqual(commands('Command = a'), both);
    const withStop = { 4: { start: 'a', stop: 'b' }, 6: { start: 'a', stop: 'b' } };
    assert.deepEqual(commands('Start_Command = a\nStop_Command = b'), withStop);
  });
  it('a _6 command replaces the one for IPv4, each by itself', () => {
    const lines = 'Start_Command = a\nStop_Command = b\n';
    const four = { start: 'a', stop: 'b' };
    assert.deepEqual(commands(`${lines}Start_Command_6 = c`), { 4: four, 6: { start: 'c', stop: 'b' } });
    assert.deepEqual(commands(`${lines}Command_6 = c`), { 4: four, 6: { start: 'c', stop: 'b' } });
    assert.deepEqual(commands(`${lines}Stop_Command_6 = d`), { 4: four, 6: { start: 'a', stop: 'd' } });
  });
  it('an empty _6 command means do nothing for IPv6', () => {
    const lines = 'Start_Command = a\nStop_Command = b\n';
    const four = { start: 'a', stop: 'b' };
    assert.deepEqual(commands(`${lines}Start_Command_6 =`), { 4: four, 6: {} });
    assert.deepEqual(commands(`${lines}Stop_Command_6 =`), { 4: four, 6: { start: 'a' } });
  });
  it('without a start command nothing runs, a stop command neither', () => {
    assert.deepEqual(commands('Start_Command =\nStop_Command = b'), { 4: {}, 6: {} });
    const only6 = { 4: {}, 6: { start: 'c', stop: 'b' } };
    assert.deepEqual(commands('Start_Command_6 = c\nStop_Command = b'), only6);
  });
  it('keep every character: quotes, =, #, commas, tabs inside', () => {
    const text = `sh -c 'a="b=c";\techo "$a" # ,' ü`;
    assert.deepEqual(commands(`Command = ${text}`), { 4: { start: text }, 6: { start: text } });
  });
});

it('reads the bytes it is given where they lie, in the middle of a buffer', () => {
  const padded = bytesOf(`garbage${SSH}garbage`);
  const view = padded.subarray(7, padded.length - 7);
  assert.deepEqual(configOf(view), configOf(SSH));
});
