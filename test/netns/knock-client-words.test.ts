/** What `knock` says, and with which exit status it ends. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KNOCK } from '../lab/knockd.ts';
import { SERVER, SERVER6 } from '../lab/wire.ts';
import { brief, KnockFixture } from './knock-fixture.ts';

let stage: KnockFixture;

before(async () => {
  stage = await KnockFixture.create();
});

after(() => stage[Symbol.asyncDispose]());

describe('an unsent packet is reported, with exit status 1', () => {
  test('no route, TCP and UDP', async () => {
    const { status, stderr } = await stage.ours('192.0.2.1', '7000', '8000:udp');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^knock: connect on tcp 192\.0\.2\.1:7000: ENETUNREACH \(network is unreachable; .*\)$/m,
    );
    assert.match(stderr, /^knock: sendto on udp 192\.0\.2\.1:8000: ENETUNREACH/m);
    assert.equal(stderr.trimEnd().split('\n').length, 2);
  });

  test('an unreachable host', async () => {
    const { status, stderr } = await stage.ours('198.51.100.1', '7000');
    assert.equal(status, 1);
    assert.match(stderr, /^knock: connect on tcp 198\.51\.100\.1:7000: EHOSTUNREACH \(host is unreachable; /);
  });

  test('one knock that is forbidden: the others leave all the same', async () => {
    await stage.client.ip('rule add ipproto tcp dport 8000 pref 10 prohibit');
    try {
      const { texts, ended } = await stage.sent(...KNOCK, SERVER, '7000', '8000', '9000');
      assert.deepEqual(brief(texts), ['tcp port 7000', 'tcp port 9000']);
      assert.equal(ended.status, 1);
      assert.match(
        ended.stderr,
        /^knock: connect on tcp 10\.7\.0\.1:8000: EACCES \(permission denied; .*\)\n$/,
      );
    } finally {
      await stage.client.ip('rule del pref 10');
    }
  });

  test('no such interface, no such zone', async () => {
    for (const args of [
      ['--interface', 'eth9', SERVER, '7000', '8000'],
      ['fe80::1%eth9', '7000', '8000'],
    ]) {
      const { texts, ended } = await stage.sent(...KNOCK, ...args);
      assert.deepEqual(texts, []);
      assert.equal(ended.status, 1);
      assert.match(
        ended.stderr,
        /^knock: if_nametoindex on eth9: ENODEV \(no such device; see `ip link` .*\)\n$/,
      );
    }
  });

  test('a link-local address without its zone', async () => {
    const { status, stderr } = await stage.ours('fe80::1', '7000');
    assert.equal(status, 1);
    assert.match(stderr, /connect on tcp fe80::1:7000: EINVAL .*fe80::1%eth0, or --interface eth0\)/);
  });

  test('an address of the other family', async () => {
    for (const [family, host] of [
      ['-4', SERVER6],
      ['-6', SERVER],
    ] as const) {
      const { status, stderr } = await stage.ours(family, host, '7000');
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^knock: cannot resolve host '${host}': it is an IPv. address, and ${family} was`),
      );
    }
  });

  test('a name that does not resolve, and one that does in the other family only', async () => {
    const { texts, ended } = await stage.sent(
      ...stage.withFile('/etc/resolv.conf', '', [...KNOCK, 'no-such-host.test', '7000']),
    );
    assert.deepEqual(texts, []);
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /^knock: cannot resolve host 'no-such-host\.test': /);

    const hosts = stage.withFile('/etc/hosts', `${SERVER} four.test\n`, [
      ...KNOCK,
      '-6',
      'four.test',
      '7000',
    ]);
    const other = await stage.run(...stage.withFile('/etc/resolv.conf', '', hosts));
    assert.equal(other.status, 1);
    assert.match(other.stderr, /^knock: cannot resolve host 'four\.test': /);
  });

  test('--timeout ends an unanswered name look-up long before the resolver gives up', async () => {
    // The server drops what it has no socket for: nobody answers, and nobody refuses.
    await stage.server.run('iptables', '-A', 'INPUT', '-p', 'udp', '--dport', '53', '-j', 'DROP');
    const started = performance.now();
    const { status, stderr } = await stage.run(
      ...stage.withFile('/etc/resolv.conf', `nameserver ${SERVER}\n`, [
        ...KNOCK,
        '--timeout',
        '0.5',
        'slow.test',
        '7000',
      ]),
    );
    // getaddrinfo(3) waits 5 seconds for the first answer, and then once more (resolv.conf(5)).
    assert.ok(performance.now() - started < 4500);
    assert.equal(status, 1);
    assert.equal(stderr, "knock: timed out after 0.5 s while resolving 'slow.test': 0 of 1 knocks sent\n");
  });

  test('--timeout ends the waiting between knocks', async () => {
    const { texts, ended } = await stage.sent(
      ...KNOCK,
      '--timeout=1',
      '-d',
      '60000',
      SERVER,
      '7000',
      '8000',
      '9000',
    );
    assert.deepEqual(brief(texts), ['tcp port 7000']);
    assert.equal(ended.status, 1);
    assert.equal(ended.stderr, 'knock: timed out after 1 s waiting between knocks: 1 of 3 knocks sent\n');
  });
});

describe('mistakes in the arguments: exit status 2, a hint, and not one packet', () => {
  for (const [args, message] of [
    [[], /no host was given/],
    [[SERVER], /no port to knock on/],
    [[SERVER, '7000', '0'], /bad port '0'/],
    [[SERVER, '7000', '70000'], /bad port '70000'/],
    [[SERVER, '7000', 'no-such-service'], /bad port 'no-such-service': .*\/etc\/services/],
    [[SERVER, '7000', '8000:icmp'], /bad protocol 'icmp' in '8000:icmp'/],
    [['-d', '-1', SERVER, '7000'], /bad delay '-1'/],
    [['-x', SERVER, '7000'], /unknown option '-x'/],
  ] as const) {
    test(`knock ${args.join(' ')}`, async () => {
      const { texts, ended } = await stage.sent(...KNOCK, ...args);
      assert.deepEqual(texts, []);
      assert.equal(ended.status, 2);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr, message);
      assert.match(ended.stderr, /^usage: knock .*\nTry 'knock --help'\.\n$/m);
    });
  }

  test('without /etc/services a name is a bad port, a number is none', async () => {
    const args = ['sh', '-c', 'mount -t tmpfs none /etc && exec "$0" "$@"', ...KNOCK, SERVER];
    const { status, stderr } = await stage.run(...args, 'ssh');
    assert.equal(status, 2);
    assert.match(stderr, /bad port 'ssh': .*\/etc\/services, which cannot be read \(ENOENT/);
    assert.equal((await stage.run(...args, '22')).status, 0);
  });
});

test('--help and --version', async () => {
  const help = await stage.ours('--help');
  assert.equal(help.status, 0);
  assert.equal(help.stderr, '');
  for (const option of ['--udp', '--delay', '--ipv4', '--ipv6', '--interface', '--timeout', '--verbose']) {
    assert.ok(help.stdout.includes(option), option);
  }
  const version = await stage.ours('-V');
  assert.equal(version.status, 0);
  assert.match(version.stdout, /^knock \d+\.\d+\.\d+\n$/);
});
