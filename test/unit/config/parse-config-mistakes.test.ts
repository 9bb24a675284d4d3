import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_SEQUENCE_LENGTH } from '../../../src/core/door/sequence.ts';
import { bytesOf, complaints } from './config-text.ts';
import { check, FLAGS, PORT, TARGET, TIMEOUT } from './mistake-cases.ts';

describe('common mistakes', () => {
  check({
    'a port already watched': [
      '[one]\nsequence = 1,2:udp\ntcpflags=syn\n[two]\nSEQUENCE = 1 , 2:UDP\ntcpflags=SYN',
      '4:2: warning: the knocks of [two] are also those of [one], line 1: they open both, as in knockd',
    ],
    'an interface already watched': [
      '[options]\n  Interface = eth0, lo,eth0\n[one]\nsequence = 1',
      '2:24: "eth0" is already named: name each interface once',
    ],
    'an unknown directive, with the nearest known one': [
      '[one]\n\tsequnce = 7000',
      '2:2: unknown directive "sequnce": did you mean Sequence?',
    ],
    'an unknown directive of [options], with none near': [
      '[options]\nverbosity = 3\n[one]\nsequence=1',
      '2:1: unknown directive "verbosity": [options] takes UseSyslog, LogFile, Log_Format, PidFile, Metrics, Interface, Firewall, Attach, On_Exit, Control_Group, Scan_Guard, Scan_Penalty, Scan_Ignore, On_Start, On_Stop, Users_File, Server_Key, Signed_Port, Reply, Clock_Window, SPA_Port, SPA_Transports, Start_Limit, Stop_Limit, Max_Commands, On_Open, On_Close, On_Refused',
    ],
    'an unknown directive of a door, with none near': [
      '[one]\nsequence=1\nverbosity = 3',
      '3:1: unknown directive "verbosity": a door takes UseSyslog, Sequence, One_Time_Sequences, Accept, Users, Code_Ports, Max_Open_For, Require_Source, Seq_Timeout, ' +
        'TCPFlags, Target, Allow, Deny, Fleet, Fleet_Claim, Open, Single_Use, Hold, Close_Kills, Lease_Prefix6, Max_Leases, Start_Command, Start_Command_6, Cmd_Timeout, Stop_Command, Stop_Command_6, Cooldown, Start_Limit, Stop_Limit, Max_Commands, On_Open, On_Close, On_Refused',
    ],
    'an empty sequence': [
      '[one]\n  sequence =\n',
      '2:3: the sequence is empty: it takes at least one port, as in 7000,8000:udp,9000',
    ],
    'port 0': ['[one]\nsequence = 7000,0', `2:17: "0" is not a port: ${PORT}`],
    'port 70000': ['[one]\nsequence = 70000,1', `2:12: "70000" is not a port: ${PORT}`],
    'port abc': ['[one]\nsequence = 1,\tabc:udp', `2:15: "abc" is not a port: ${PORT}`],
    'a missing =': [
      '[one]\nsequence 7000,8000',
      '2:1: "=" is missing after "sequence": write sequence = 7000,8000',
    ],
    'a second section of the same name': [
      '[one]\nsequence=1\n[two]\nsequence=2\n[ one ]\nsequence=3',
      '5:3: a second section [one], the first is at line 1: give every door a name of its own',
    ],
  });

  it('a file that is not UTF-8', () => {
    const text = [...bytesOf('[one]\nsequence = 1\ncommand = écho T'), 0xfc, 0x72];
    assert.deepEqual(complaints(new Uint8Array(text)), [
      '3:17: byte 0xFC is not UTF-8: save the file as UTF-8',
    ]);
  });
});

describe('sections', () => {
  const heading = 'put a heading above it, [options] or the name of a door such as [openSSH]';
  check({
    'a directive before any section': [
      'LogFile = /x\nlogfle = y\nsequence = 0\n[one]\nsequence=1',
      `1:1: "LogFile = /x" comes before any section: ${heading}`,
      '2:1: unknown directive "logfle": did you mean LogFile?',
      `3:12: "0" is not a port: ${PORT}`,
    ],
    'no door': [
      '[options]\nUseSyslog',
      '1:1: no door in this file: let `bussa init` write one, or add a section such as [openSSH] with a sequence and a command',
    ],
    'an empty file': [
      '',
      '1:1: no door in this file: let `bussa init` write one, or add a section such as [openSSH] with a sequence and a command',
    ],
    'an unclosed name': ['[one\nsequence=1', '1:1: the heading "[one" has no "]": write it as [name]'],
    'a comment after a name': [
      '[one] # the first\nsequence=1',
      '1:7: "# the first" follows the heading on its line: write a comment on a separate line',
    ],
    'a directive after a name': [
      '[one] sequence=1\nsequence=1',
      '1:7: "sequence=1" follows the heading on its line: remove it',
    ],
    'an empty name': [
      '[ ]\nsequence=1',
      '1:1: the section has no name: write [options], or the name of a door such as [openSSH]',
    ],
    'a control character in a name': [
      '[o\x07ne]\nsequence=1',
      '1:3: a control character in the name of a section: remove it',
    ],
    'a door without sequence': [
      '[one]\ncommand = x\n[two]\nsequence=1',
      '1:2: [one] has no sequence: add a line such as sequence = 7000,8000,9000',
    ],
    'a second [options], which knockd takes': [
      '[options]\nInterface = lo\n[one]\nsequence=1\n[OPTIONS]\nInterface = eth0',
      '5:2: warning: a second section [options], the first is at line 1: both count; put them in one',
      '6:1: warning: Interface is repeated here, first at line 2: the first one counts, as in knockd; leave one of them',
    ],
    'a directive of doors in [options]': [
      '[options]\nsequence = 1\n[one]\nsequence=1',
      '2:1: "sequence" concerns one door: move it to the section of that door',
    ],
    'a directive of [options] in a door': [
      '[one]\nsequence=1\nlogfile = /x',
      '3:1: "logfile" concerns the whole daemon: move it to the section [options]',
    ],
    'a nameless directive': ['[one]\nsequence=1\n = 5', '3:2: the name of a directive is missing before "="'],
    'a line that is no directive': [
      '[one]\nsequence=1\n; old\nhello\ncommand',
      '3:1: "=" is missing in "; old": a comment begins with "#", a directive is name = value',
      '4:1: "=" is missing in "hello": a directive is name = value',
      '5:1: "=" is missing after "command": write command = value',
    ],
  });
});

describe('sequences', () => {
  check(
    {
      'a comment behind it': [
        '7000,9000 # comment',
        '2:22: "# comment" is part of the value: write a comment on a separate line',
      ],
      'an unknown protocol': ['1:ucp', '2:14: unknown protocol "ucp": did you mean tcp? it is tcp or udp'],
      'a protocol and more': ['1:udp:tcp', '2:14: unknown protocol "udp:tcp": it is tcp or udp'],
      'no protocol after a colon': [
        '1: ,2',
        '2:14: a protocol is missing after ":": write :tcp or :udp, or nothing for tcp',
      ],
      'no port before a colon': [':udp', `2:12: a port is missing before ":": ${PORT}`],
      'a comma too many': [
        '1,,2,',
        `2:14: a port is missing: put one here or remove the comma, ${PORT}`,
        `2:17: a port is missing: put one here or remove the comma, ${PORT}`,
      ],
      'spaces for commas': [
        '70 80 90',
        '2:12: "70 80 90" is not a port: separate the ports with commas, 70,80,90',
      ],
      'other separators': [
        '70;80:90, 100/udp, 200-203',
        '2:12: "70;80:90" is not a port: separate the ports with commas, 70,80,90',
        '2:22: "100/udp" is not a port: write 100:udp',
        '2:31: "200-203" is not a port: a range is not a knock, separate the ports with commas, 200,201,202,203',
      ],
      'a negative, a hexadecimal and a full-width number': [
        '-1,0x50,７０',
        `2:12: "-1" is not a port: ${PORT}`,
        `2:15: "0x50" is not a port: ${PORT}`,
        `2:20: "７０" is not a port: write 70 in plain digits`,
      ],
      'too many ports': [
        `${'1,'.repeat(MAX_SEQUENCE_LENGTH)}1`,
        '2:65546: the sequence is too long: it may have 32767 ports at most',
      ],
    },
    (text) => `[one]\nsequence = ${text}\n`,
  );
});

describe('other values', () => {
  check(
    {
      'a timeout with a unit': ['seq_timeout = 5s', `3:15: "5s" is not a timeout: ${TIMEOUT}`],
      'a fractional timeout': ['seq_timeout = 2.5', `3:15: "2.5" is not a timeout: ${TIMEOUT}`],
      'a negative timeout': ['timeout = -1', `3:11: "-1" is not a timeout: ${TIMEOUT}`],
      'an absurdly large timeout': [
        'cmd_timeout = 2147483648',
        `3:15: "2147483648" is not a timeout: ${TIMEOUT}`,
      ],
      'an empty timeout': ['cmd_timeout =', `3:1: a number is missing: ${TIMEOUT}`],
      'a seq_timeout of 0': [
        'seq_timeout = 0',
        '3:15: warning: within 0 seconds no second knock can arrive: allow at least 1',
      ],
      'an unknown flag': ['tcpflags = syn,sny', `3:16: unknown flag "sny": did you mean syn? ${FLAGS}`],
      'no flag': ['tcpflags =', `3:1: a flag is missing: ${FLAGS}`],
      'a flag and its negation': [
        'tcpflags = syn, !syn',
        '3:17: syn is required both set and not set: no packet has both, remove one of them',
      ],
      'a target by name': ['target = example.com', `3:10: "example.com" is not an IP address: ${TARGET}`],
      'a target with a prefix': [
        'target = 192.0.2.0/24',
        `3:10: "192.0.2.0/24" is not an IP address: ${TARGET}`,
      ],
      'an empty target': ['target =', `3:1: an address is missing: ${TARGET}`],
      'both kinds of sequences': [
        'one_time_sequences = /x',
        '3:1: One_Time_Sequences is used together with Sequence of line 2: a door has only one of them, remove the other',
      ],
      'a stop command alone': [
        'stop_command_6 = x',
        '3:1: Stop_Command_6 without Start_Command: there is nothing to stop, and it would never run; ' +
          'add Start_Command',
      ],
      'a command longer than Linux takes': [
        `command = ${'x'.repeat(131_072)}`,
        '3:11: the command is longer than 131071 bytes: put it into a script',
      ],
      'UseSyslog = maybe': [
        'UseSyslog = maybe',
        '3:13: "maybe" is neither yes nor no: write UseSyslog alone, or UseSyslog = yes, or UseSyslog = no',
      ],
    },
    (text) => `[one]\nsequence = 1\n${text}\n`,
  );
  check(
    {
      'any among names': ['interface = lo,any', '2:16: any cannot be combined with other interfaces'],
      'an empty option, which knockd takes': [
        'logfile =\nPIDFILE=\nInterface =',
        '2:1: warning: LogFile is empty: it has no effect, remove it',
        '3:1: warning: PidFile is empty: it has no effect, remove it',
        '4:1: warning: Interface is empty: it has no effect, remove it',
      ],
      'a comment behind a path, which knockd takes for a part of it': [
        'logfile = /x # comment',
        '2:14: warning: "# comment" is part of the value: write a comment on a separate line',
      ],
    },
    (text) => `[options]\n${text}\n[one]\nsequence = 1\n`,
  );
});

describe('directives given twice', () => {
  check(
    {
      'the last counts': [
        'timeout = 5\nSeq_Timeout = 6',
        '4:1: warning: Seq_Timeout is repeated here, first at line 3: this one counts, as in knockd; leave one of them',
      ],
      'flags add up': [
        'tcpflags = syn\ntcpflags = ack',
        '4:1: warning: TCPFlags is repeated here, first at line 3: both count, as in knockd; leave one of them',
      ],
      'a mistake in the first is found all the same': [
        'timeout = x\nSeq_Timeout = 6',
        `3:11: "x" is not a timeout: ${TIMEOUT}`,
        '4:1: warning: Seq_Timeout is repeated here, first at line 3: this one counts, as in knockd; leave one of them',
      ],
    },
    (text) => `[one]\nsequence = 1\n${text}\n`,
  );
});

it('reports everything at once, in order of place', () => {
  const text = `[options]
Interface = any,eth0
[one]
seq_timeout = x
sequence = 0,1:ucp
stop_command = y
[two]
tcpflags = sny
`;
  assert.deepEqual(complaints(text), [
    '2:13: any cannot be combined with other interfaces',
    `4:15: "x" is not a timeout: ${TIMEOUT}`,
    `5:12: "0" is not a port: ${PORT}`,
    '5:16: unknown protocol "ucp": did you mean tcp? it is tcp or udp',
    '6:1: Stop_Command without Start_Command: there is nothing to stop, and it would never run; add Start_Command',
    '7:2: [two] has no sequence: add a line such as sequence = 7000,8000,9000',
    `8:12: unknown flag "sny": did you mean syn? ${FLAGS}`,
  ]);
});
