// from="…" of a key against sshd's own matching: what sshd refuses is never admitted here.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import type { Address } from '../../src/core/net/address.ts';
import { compileSourcePatterns } from '../../src/core/ssh/source-patterns.ts';
import { Scratch } from '../lab/child-module.ts';
import { repeats } from '../lab/effort.ts';
import { draw, seededRandom } from '../lab/seeded-random.ts';
import { makeKey } from '../lab/ssh-agent.ts';

const SOURCES = ['192.0.2.1', '192.0.2.7', '192.0.3.7', '2001:db8::1', '2001:db8:1::7', 'fe80::1'] as const;

const PATTERNS = [
  ...['192.0.2.1', '192.0.2.0/24', '192.0.2.7/24', '192.0.2.0/33', '192.0.2/24', '0.0.0.0/0', '192.0.2.1/32'],
  ...['192.0.2.*', '192.0.?.7', '*', '*.*', '?*', '*:*', '2001:db8:*', '2001:DB8::1', '2001:db8::/32'],
  ...['2001:db8::1/32', '2001:db8::1/129', '::/0', '::ffff:192.0.2.1', '::ffff:192.0.2.0/120', 'fe80::/10'],
  ...['fe80::1%eth0', 'host.example.org', '*.example.org', '[2001:db8::1]', '192.0.2.0/', '192.0.2.0/x'],
] as const;

/** sshd(8) asks addr_match_list and match_hostname, and takes the source's address for its name (UseDNS no). */
function sshdAdmits(scratch: Scratch, list: string, source: string): boolean {
  // Whether a list refuses or only does not match: one more pattern that matches changes nothing for who is refused.
  const blocks = [
    `Match Address ${list}\n  MaxAuthTries 99`,
    `Match Address ${list},${source}\n  MaxSessions 99`,
    `Match Host ${list}\n  ClientAliveInterval 99`,
    `Match Host ${list},${source}\n  ClientAliveCountMax 99`,
  ];
  const file = scratch.file('sshd.conf', `HostKey ${scratch.file('host')}\n${blocks.join('\n')}\n`);
  const peer = `addr=${source},host=${source},user=root,laddr=${source},lport=22`;
  const { status, stdout, stderr } = spawnSync('/usr/sbin/sshd', ['-T', '-f', file, '-C', peer], {
    encoding: 'utf8',
  });
  if (status !== 0) {
    assert.match(stderr, /Match (?:Address|address)|Inconsistent mask/i);
    return false;
  }
  const is = (keyword: string): boolean => new RegExp(`^${keyword} 99$`, 'm').test(stdout);
  return is('maxsessions') && is('clientalivecountmax') && (is('maxauthtries') || is('clientaliveinterval'));
}

suite('from="…"', () => {
  test('admits nobody whom sshd refuses, and without a warning exactly whom sshd admits', (t) => {
    using scratch = new Scratch();
    makeKey(scratch.file('host'));
    const random = seededRandom(t);
    const rounds = repeats('BUSSA_PATTERNS', { quick: 50, full: 5000 });
    let admitted = 0;
    for (let round = 0; round < rounds; round++) {
      const length = 1 + Math.floor(random() * 3);
      const list = Array.from(
        { length },
        () => (random() < 0.3 ? '!' : '') + draw(random, PATTERNS as readonly [string, ...string[]]),
      ).join(',');
      const source = draw(random, SOURCES);
      const { admits, notes } = compileSourcePatterns(list);
      const ours = admits(source as string as Address);
      const theirs = sshdAdmits(scratch, list, source);
      if (ours) admitted++;
      if (ours || notes.length === 0) assert.equal(ours, theirs, `from="${list}", ${source}: ${notes}`);
    }
    assert.ok(admitted > rounds / 20, `${admitted} of ${rounds} were admitted`);
  });

  test('a refusal that cannot be judged, or a wrong prefix, refuses everybody, and says so', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['!192.0.2.7/24,*', /192\.0\.2\.7\/24 is not a network .* nobody can use the key/],
      ['192.0.2.7/24,*', /192\.0\.2\.7\/24 is not a network .* nobody can use the key/],
      ['!host.example.org,*', /host\.example\.org is not an address, so nobody can use the key/],
      ['!fe80::1%eth0,*', /nobody can use the key/],
      ['!!192.0.2.1,*', /nobody can use the key/],
      ['!::ffff:192.0.2.1,*', /write 192\.0\.2\.1\), so nobody can use the key/],
      ['::ffff:192.0.2.1', /IPv4 written as IPv6 \(write 192\.0\.2\.1\), so it matches nobody/],
      ['', /an address is missing, so nobody can use the key/],
      ['192.0.2.1,,2001:db8::1', /an address is missing, so nobody can use the key/],
    ];
    for (const [list, note] of cases) {
      const { admits, notes } = compileSourcePatterns(list);
      for (const source of SOURCES)
        assert.equal(admits(source as string as Address), false, `${list} ${source}`);
      assert.match(notes.join(), note, list);
    }
  });
});
