/** What programs really write when they fail, and the line that says why. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseErrorLines } from '../../../src/core/event/error-lines.ts';

const CASES: readonly (readonly [program: string, written: string, chosen: string | undefined])[] = [
  [
    'iptables, an unknown option',
    "iptables v1.8.9 (nf_tables): unknown option \"–dport\"\nTry `iptables -h' or 'iptables --help' for more information.\n",
    'iptables v1.8.9 (nf_tables): unknown option "–dport"',
  ],
  [
    'iptables, no such rule',
    'iptables: Bad rule (does a matching rule exist in that chain?).\n',
    'iptables: Bad rule (does a matching rule exist in that chain?).',
  ],
  [
    'iptables, another family',
    "iptables v1.8.9 (nf_tables): host/network `2001:db8::1' not found\nTry `iptables -h' or 'iptables --help' for more information.\n",
    "iptables v1.8.9 (nf_tables): host/network `2001:db8::1' not found",
  ],
  [
    'nft',
    'Error: No such file or directory; did you mean table ‘x’ in family ip?\nadd element inet knock ssh { 1.2.3.4 }\n                 ^^^^^\n',
    'Error: No such file or directory; did you mean table ‘x’ in family ip?',
  ],
  [
    'ufw',
    'ERROR: Invalid syntax\n\nUsage: ufw COMMAND\n\nCommands:\n enable            enables the firewall\n disable           disables the firewall\n',
    'ERROR: Invalid syntax',
  ],
  [
    'firewall-cmd, colours',
    '\u001b[91mError: INVALID_PORT: bad port (most likely missing protocol)\u001b[00m\n',
    'Error: INVALID_PORT: bad port (most likely missing protocol)',
  ],
  [
    'firewall-cmd, its arguments',
    'usage: see firewall-cmd man page\nfirewall-cmd: error: unrecognized arguments: –dport\n',
    'firewall-cmd: error: unrecognized arguments: –dport',
  ],
  ['sh', '/bin/sh: 1: iptabels: not found\n', '/bin/sh: 1: iptabels: not found'],
  [
    'sh, its syntax',
    '/bin/sh: 1: Syntax error: Unterminated quoted string\n',
    '/bin/sh: 1: Syntax error: Unterminated quoted string',
  ],
  [
    'python',
    'Traceback (most recent call last):\n  File "/x.py", line 3, in <module>\n    open_port(error)\nPermissionError: [Errno 13] Permission denied: \'/x\'\n',
    "PermissionError: [Errno 13] Permission denied: '/x'",
  ],
  [
    'argparse',
    'usage: x [-h]\n         y\nx: error: the following arguments are required: y\n',
    'x: error: the following arguments are required: y',
  ],
  [
    'getopt',
    "foo: unrecognized option '--x'\nTry 'foo --help' for more information.\n",
    "foo: unrecognized option '--x'",
  ],
  [
    'systemctl',
    "Failed to start x.service: Unit x.service not found.\nSee 'systemctl status x.service' and 'journalctl -xeu x.service' for details.\n",
    'Failed to start x.service: Unit x.service not found.',
  ],
  ['two errors', 'a: cannot do this\na: cannot do that\n', 'a: cannot do this; a: cannot do that'],
  ['the same error often', 'a: failed\n'.repeat(50), 'a: failed'],
  [
    'a progress bar',
    '10%\r20%\rcurl: (6) Could not resolve host: x\r\n',
    'curl: (6) Could not resolve host: x',
  ],
  ['plain words', 'first\nlast\n', 'last'],
  ['only a hint', "Try 'x --help' for more information.\n", "Try 'x --help' for more information."],
  ['nothing', '\n  \n', undefined],
];

describe('from the output of a failed program, the lines that say why', () => {
  for (const [program, written, chosen] of CASES) {
    test(program, () => assert.equal(chooseErrorLines(written), chosen));
  }

  test('are short, whatever is written', () => {
    const long = chooseErrorLines(`error ${'x'.repeat(100_000)} why`);
    assert.ok(long !== undefined && long.length <= 400 && long.startsWith('error') && long.endsWith('why'));
  });
});
