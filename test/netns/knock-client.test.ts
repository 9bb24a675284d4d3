/**
 * What `knock` puts on the wire, beside the C client, and what it says.
 *
 *     client                            server
 *     eth0 10.7.0.2  fd07::2      ────  eth0 10.7.0.1  fd07::1
 *          fe80::2                          fe80::1
 *     eth1 10.8.0.2               ────  eth1 10.8.0.1
 *     198.51.100.0/24 unreachable, 192.0.2.0/24 and the rest without a route
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { sentDuring } from './knock-capture.ts';
import { C_KNOCK, KNOCK, WorkDirectory } from './knockd.ts';
import type { Namespace } from './namespace.ts';
import { addAddresses, CLIENT, SERVER, SERVER6, Wire } from './wire.ts';

type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

const CLIENT_LINK = 'fe80::2';
const SERVER_LINK = 'fe80::1';

let wire: Wire;
let client: Namespace;
let directory: WorkDirectory;

before(async () => {
  directory = new WorkDirectory();
  wire = await Wire.create();
  client = wire.client;
  await client.ip(`link add eth1 type veth peer name eth1 netns ${wire.server.name}`);
  await addAddresses(client, 'eth1', '10.8.0.2');
  await addAddresses(wire.server, 'eth1', '10.8.0.1');
  await client.ip('route add unreachable 198.51.100.0/24');
  await useLinkLocal(client, CLIENT_LINK);
  await useLinkLocal(wire.server, SERVER_LINK);
  // The second way to the server has no neighbour to ask for: its address is on the first.
  const lladdr = /link\/ether (\S+)/.exec(await wire.server.ip('link show eth1'))?.[1];
  await client.ip(`neigh add ${SERVER} lladdr ${lladdr} dev eth1`);
});

/** In place of the address that the kernel makes, which cannot be used before its duplicates have been sought. */
async function useLinkLocal(namespace: Namespace, address: string): Promise<void> {
  await namespace.ip('link set eth0 addrgenmode none');
  await namespace.ip('-6 addr flush dev eth0 scope link');
  await addAddresses(namespace, 'eth0', address);
}

after(async () => {
  await wire[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

function run(...command: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile('ip', ['netns', 'exec', client.name, ...command], (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === 'number') resolve({ status, stdout, stderr });
      else reject(error);
    });
  });
}

const ours = (...args: readonly string[]): Promise<Ended> => run(...KNOCK, ...args);

/** The command with a file of the test's in place of one in /etc, for itself alone. */
function withFile(path: string, text: string, command: readonly string[]): string[] {
  const file = directory.file(path.replaceAll('/', '-'), text);
  return ['sh', '-c', `mount --bind "$0" ${path} && exec "$@"`, file, ...command];
}

async function sent(
  ...command: readonly string[]
): Promise<{ texts: string[]; times: number[]; ended: Ended }> {
  let ended: Ended | undefined;
  const packets = await sentDuring(client, directory, 'eth0', SERVER, async () => {
    ended = await run(...command);
  });
  assert.ok(ended !== undefined);
  return { texts: packets.map(({ text }) => text), times: packets.map(({ time }) => time), ended };
}

const brief = (texts: readonly string[]): string[] => texts.map((text) => text.split(' ', 3).join(' '));

describe('the same packets as the C client, byte for byte', () => {
  const HOSTS = `${SERVER} both.test\n${SERVER6} both.test\n`;
  const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['TCP', [SERVER, '7000', '8000', '9000'], ['tcp port 7000', 'tcp port 8000', 'tcp port 9000']],
    ['UDP by -u', ['-u', SERVER, '7000', '8000:tcp'], ['udp port 7000', 'udp port 8000']],
    ['mixed', [SERVER, '1', '2:udp', '65535:tcp'], ['tcp port 1', 'udp port 2', 'tcp port 65535']],
    ['the same port again', [SERVER, '7', '7', '7'], ['tcp port 7', 'tcp port 7', 'tcp port 7']],
    ['options among operands', [SERVER, '7', '-d', '1', '8', '-u'], ['udp port 7', 'udp port 8']],
    ['abbreviated options', ['--ud', '--del=1', SERVER, '7'], ['udp port 7']],
    ['IPv6', [SERVER6, '7000', '8000:udp', '9000'], ['tcp port 7000', 'udp port 8000', 'tcp port 9000']],
    ['IPv6 UDP', ['-6', '-u', SERVER6, '7000'], ['udp port 7000']],
    ['a name', ['both.test', '7000', '8000:udp'], ['tcp port 7000', 'udp port 8000']],
    ['a name, -4', ['-4', 'both.test', '7000'], ['tcp port 7000']],
    ['a name, -6', ['-6', 'both.test', '7000:udp'], ['udp port 7000']],
    ['-4 and -6, of which the last counts', ['-6', '-4', 'both.test', '7000'], ['tcp port 7000']],
    ['service names', [SERVER, 'ssh', 'domain:udp', 'tftp'], ['tcp port 22', 'udp port 53', 'tcp port 69']],
    ['an address in its short form', ['10.7.1', '7000'], ['tcp port 7000']],
  ];

  for (const [name, args, expected] of CASES) {
    test(name, async () => {
      const theirs = await sent(...withFile('/etc/hosts', HOSTS, [C_KNOCK, ...args]));
      const mine = await sent(...withFile('/etc/hosts', HOSTS, [...KNOCK, ...args]));
      assert.deepEqual(brief(mine.texts), expected);
      assert.deepEqual(mine.texts, theirs.texts);
      assert.deepEqual(mine.ended, { status: 0, stdout: '', stderr: '' });
    });
  }

  test('a link-local address with its zone', async () => {
    const args = [`${SERVER_LINK}%eth0`, '7000', '8000:udp'];
    const theirs = await sent(C_KNOCK, ...args);
    const mine = await sent(...KNOCK, ...args);
    assert.deepEqual(brief(mine.texts), ['tcp port 7000', 'udp port 8000']);
    assert.deepEqual(mine.texts, theirs.texts);

    const bound = await sent(...KNOCK, '--interface', 'eth0', SERVER_LINK, '7000', '8000:udp');
    assert.deepEqual(bound.texts, theirs.texts);
  });

  test('-v prints the same lines', async () => {
    const args = ['-v', SERVER, '7000', '8000:udp', 'ssh'];
    const theirs = await run(C_KNOCK, ...args);
    assert.deepEqual(await ours(...args), theirs);
    assert.match(
      theirs.stdout,
      /^hitting tcp 10\.7\.0\.1:7000\nhitting udp 10\.7\.0\.1:8000\nhitting tcp .*:ssh\n$/,
    );
    assert.deepEqual(await ours('-v', SERVER6, '7'), await run(C_KNOCK, '-v', SERVER6, '7'));
  });
});

test('a protocol in capitals is UDP, where the C client sends TCP', async () => {
  assert.deepEqual(brief((await sent(...KNOCK, SERVER, '7000:UDP')).texts), ['udp port 7000']);
  assert.deepEqual(brief((await sent(C_KNOCK, SERVER, '7000:UDP')).texts), ['tcp port 7000']);
});

test('-d waits between knocks, and not after the last', async () => {
  const { times, texts } = await sent(...KNOCK, '-d', '300', SERVER, '7000', '8000:udp', '9000');
  assert.equal(texts.length, 3);
  for (const [i, time] of times.entries()) {
    if (i > 0)
      assert.ok(time - (times[i - 1] as number) >= 299, `gap ${i}: ${time - (times[i - 1] as number)} ms`);
  }
  await using endless = client.start(...(KNOCK as [string, ...string[]]), '-d', '2000000000', SERVER, '7000');
  assert.deepEqual(await endless.exited, { code: 0, signal: null });
});

test('--interface sends there whatever the routes say', async () => {
  for (const args of [
    ['7000', '8000:udp'],
    ['-u', '7000'],
  ]) {
    let ended: Ended | undefined;
    const other = await sentDuring(client, directory, 'eth1', '10.8.0.1', async () => {
      const usual = await sent(...KNOCK, '--interface', 'eth1', SERVER, ...args);
      assert.deepEqual(usual.texts, []);
      ended = usual.ended;
    });
    const expected = args[0] === '-u' ? ['udp port 7000'] : ['tcp port 7000', 'udp port 8000'];
    assert.deepEqual(brief(other.map(({ text }) => text)), expected);
    assert.equal(ended?.status, 0);
  }
});

describe('what does not leave is said, with exit status 1', () => {
  test('no route, TCP and UDP', async () => {
    const { status, stderr } = await ours('192.0.2.1', '7000', '8000:udp');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^knock: connect on tcp 192\.0\.2\.1:7000: ENETUNREACH \(network is unreachable; .*\)$/m,
    );
    assert.match(stderr, /^knock: sendto on udp 192\.0\.2\.1:8000: ENETUNREACH/m);
    assert.equal(stderr.trimEnd().split('\n').length, 2);
  });

  test('an unreachable host', async () => {
    const { status, stderr } = await ours('198.51.100.1', '7000');
    assert.equal(status, 1);
    assert.match(stderr, /^knock: connect on tcp 198\.51\.100\.1:7000: EHOSTUNREACH \(host is unreachable; /);
  });

  test('one knock that is forbidden: the others leave all the same', async () => {
    await client.ip('rule add ipproto tcp dport 8000 pref 10 prohibit');
    try {
      const { texts, ended } = await sent(...KNOCK, SERVER, '7000', '8000', '9000');
      assert.deepEqual(brief(texts), ['tcp port 7000', 'tcp port 9000']);
      assert.equal(ended.status, 1);
      assert.match(
        ended.stderr,
        /^knock: connect on tcp 10\.7\.0\.1:8000: EACCES \(permission denied; .*\)\n$/,
      );
    } finally {
      await client.ip('rule del pref 10');
    }
  });

  test('no such interface, no such zone', async () => {
    for (const args of [
      ['--interface', 'eth9', SERVER, '7000', '8000'],
      ['fe80::1%eth9', '7000', '8000'],
    ]) {
      const { texts, ended } = await sent(...KNOCK, ...args);
      assert.deepEqual(texts, []);
      assert.equal(ended.status, 1);
      assert.match(
        ended.stderr,
        /^knock: if_nametoindex on eth9: ENODEV \(no such device; see `ip link` .*\)\n$/,
      );
    }
  });

  test('a link-local address without its zone', async () => {
    const { status, stderr } = await ours('fe80::1', '7000');
    assert.equal(status, 1);
    assert.match(stderr, /connect on tcp fe80::1:7000: EINVAL .*fe80::1%eth0, or --interface eth0\)/);
  });

  test('an address of the other family', async () => {
    for (const [family, host] of [
      ['-4', SERVER6],
      ['-6', SERVER],
    ] as const) {
      const { status, stderr } = await ours(family, host, '7000');
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^knock: cannot resolve host '${host}': it is an IPv. address, and ${family} was`),
      );
    }
  });

  test('a name that does not resolve, and one that does in the other family only', async () => {
    const { texts, ended } = await sent(
      ...withFile('/etc/resolv.conf', '', [...KNOCK, 'no-such-host.test', '7000']),
    );
    assert.deepEqual(texts, []);
    assert.equal(ended.status, 1);
    assert.match(ended.stderr, /^knock: cannot resolve host 'no-such-host\.test': /);

    const hosts = withFile('/etc/hosts', `${SERVER} four.test\n`, [...KNOCK, '-6', 'four.test', '7000']);
    const other = await run(...withFile('/etc/resolv.conf', '', hosts));
    assert.equal(other.status, 1);
    assert.match(other.stderr, /^knock: cannot resolve host 'four\.test': /);
  });

  test('--timeout ends a resolution that nobody answers, long before the resolver gives up', async () => {
    // The server drops what it has no socket for: nobody answers, and nobody refuses.
    await wire.server.run('iptables', '-A', 'INPUT', '-p', 'udp', '--dport', '53', '-j', 'DROP');
    const started = performance.now();
    const { status, stderr } = await run(
      ...withFile('/etc/resolv.conf', `nameserver ${SERVER}\n`, [
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
    assert.equal(stderr, "knock: timed out after 0.5 s while resolving 'slow.test': 0 of 1 knocks left\n");
  });

  test('--timeout ends the waiting between knocks', async () => {
    const { texts, ended } = await sent(
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
    assert.equal(ended.stderr, 'knock: timed out after 1 s waiting between knocks: 1 of 3 knocks left\n');
  });
});

test('a refused knock has left: loopback answers before connect returns', async () => {
  assert.deepEqual(await ours('127.0.0.1', '7000', '8000:udp'), { status: 0, stdout: '', stderr: '' });
  assert.deepEqual(await ours('::1', '7000', '8000:udp'), { status: 0, stdout: '', stderr: '' });
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
      const { texts, ended } = await sent(...KNOCK, ...args);
      assert.deepEqual(texts, []);
      assert.equal(ended.status, 2);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr, message);
      assert.match(ended.stderr, /^usage: knock .*\nTry 'knock --help'\.\n$/m);
    });
  }

  test('without /etc/services a name is a bad port, a number is none', async () => {
    const args = ['sh', '-c', 'mount -t tmpfs none /etc && exec "$0" "$@"', ...KNOCK, SERVER];
    const { status, stderr } = await run(...args, 'ssh');
    assert.equal(status, 2);
    assert.match(stderr, /bad port 'ssh': .*\/etc\/services, which cannot be read \(ENOENT/);
    assert.equal((await run(...args, '22')).status, 0);
  });
});

test('--help and --version', async () => {
  const help = await ours('--help');
  assert.equal(help.status, 0);
  assert.equal(help.stderr, '');
  for (const option of ['--udp', '--delay', '--ipv4', '--ipv6', '--interface', '--timeout', '--verbose']) {
    assert.ok(help.stdout.includes(option), option);
  }
  const version = await ours('-V');
  assert.equal(version.status, 0);
  assert.match(version.stdout, /^knock \d+\.\d+\.\d+\n$/);
});

test('SIGUSR1 does nothing, where Node.js would open a debugger', async () => {
  const command = KNOCK.filter((word) => word !== '--disable-sigusr1') as [string, ...string[]];
  await using program = client.start(...command, '-v', '-d', '700', CLIENT, '7000', '8000');
  await program.saw(/hitting tcp 10\.7\.0\.2:7000/);
  program.signal('SIGUSR1');
  assert.deepEqual(await program.exited, { code: 0, signal: null });
  assert.equal(program.output, 'hitting tcp 10.7.0.2:7000\nhitting tcp 10.7.0.2:8000\n');
});
