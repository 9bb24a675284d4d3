/**
 * Debian's fwknopd and Bussa on one host, with the same access.conf, which Bussa has imported. Both hear each packet of the
 * real client, and open the same ports to the same addresses for the same time.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startKnockd } from '../lab/knockd.ts';
import { seededRandom } from '../lab/seeded-random.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { FwknopdFixture } from './fwknopd-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const key = (bytes: number): string => randomBytes(bytes).toString('base64');

const [A, B, C, D] = [key(32), key(16), key(31), key(32)];
const [HMAC, OTHER] = [key(64), key(128)];

/** Stanzas with keys in common, of which a packet's first one that fits counts. */
const ACCESS = `SOURCE 192.0.2.0/24
KEY_BASE64 ${A}
HMAC_KEY_BASE64 ${HMAC}
OPEN_PORTS tcp/22,tcp/80
SOURCE ANY
KEY_BASE64 ${A}
HMAC_KEY_BASE64 ${HMAC}
OPEN_PORTS tcp/22
FW_ACCESS_TIMEOUT 100
SOURCE 10.7.0.0/255.255.255.0, 192.0.2.1
KEY_BASE64 ${A}
HMAC_KEY_BASE64 ${HMAC}
OPEN_PORTS udp/53
REQUIRE_SOURCE_ADDRESS Y
SOURCE ANY
KEY_BASE64 ${B}
HMAC_KEY_BASE64 ${HMAC}
REQUIRE_USERNAME Bob Smith
OPEN_PORTS tcp/22, tcp/443
RESTRICT_PORTS tcp/443
FW_ACCESS_TIMEOUT 600
MAX_FW_TIMEOUT 200
SOURCE ANY
KEY_BASE64 ${C}
HMAC_KEY_BASE64 ${OTHER}
HMAC_DIGEST_TYPE sha3_256
ENCRYPTION_MODE ctr
OPEN_PORTS tcp/25
ACCESS_EXPIRE_EPOCH 1500000000
SOURCE ANY
KEY_BASE64 ${D}
OPEN_PORTS tcp/25,tcp/9
`;

const CLIENT_FILE = [
  ['a', A, `HMAC_KEY_BASE64 ${HMAC}`],
  ['b', B, `HMAC_KEY_BASE64 ${HMAC}`],
  ['c', C, `HMAC_KEY_BASE64 ${OTHER}\nHMAC_DIGEST_TYPE sha3_256\nENCRYPTION_MODE ctr`],
  ['d', D, ''],
]
  .map(([name, one, more]) => `[${name}]\nSPA_SERVER ${SERVER}\nKEY_BASE64 ${one}\n${more}\n`)
  .join('');

/** For each key what is asked for. Bussa also opens ports of several stanzas to one packet. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  a: ['tcp/22', 'udp/53', 'tcp/80'],
  b: ['tcp/22', 'tcp/443', 'tcp/22,tcp/443'],
  c: ['tcp/25'],
  d: ['tcp/25', 'tcp/25,tcp/9', 'tcp/22'],
};

/** More would be those of a flood: a stranger has 10 packets a second. */
const PAUSE_MS = 150;

/** By address: the ports, with the seconds that they stay open, rounded where a daemon tells only the end. */
type Openings = Map<string, Map<string, number>>;

function add(openings: Openings, address: string, ports: readonly string[], seconds: number): void {
  const known = openings.get(address) ?? new Map<string, number>();
  for (const port of ports) known.set(port, seconds);
  openings.set(address, known);
}

function openedByBussa(log: string): Openings {
  const openings: Openings = new Map();
  for (const [, address = '', ports = '', seconds = ''] of log.matchAll(
    /^(10\.7\.0\.\d+): .* opened ((?:tcp|udp)\/.*) for (\d+) s$/gm,
  ))
    add(openings, address, ports.split(', '), Number(seconds));
  return openings;
}

/** `sentAt`: by address, in seconds. */
function openedByFwknopd(log: string, sentAt: ReadonlyMap<string, number>): Openings {
  const openings: Openings = new Map();
  for (const [, address = '', ports = '', end = ''] of log.matchAll(
    /Added access rule .* for (10\.7\.0\.\d+) \S+ \S+ (\S+), expires at (\d+)/g,
  ))
    add(openings, address, ports.split(','), Number(end) - (sentAt.get(address) ?? 0));
  return openings;
}

describe('an access.conf of both', () => {
  test('fwknopd and Bussa open the same to each packet of the client', async (t) => {
    const random = seededRandom(t);
    const pick = <Value>(values: readonly Value[]): Value =>
      values[Math.floor(random() * values.length)] as Value;
    await using stage = await FwknopdFixture.open();
    const { directory, wire } = stage;
    await using fwknopd = await stage.startFwknopd(ACCESS);
    const config = directory.file(
      'knockd.conf',
      `[options]\n  Users_File = ${directory.file('users.conf', '')}\n`,
    );
    for (const name of ['users.conf', 'access.conf'])
      chmodSync(directory.file(name, name === 'access.conf' ? ACCESS : ''), 0o600);
    const words = ['import', directory.file('access.conf', ACCESS), '--write', '-c', config];
    await wire.server.run(BUSSA, ...words, '--state', directory.path);
    const text = await wire.server.run('cat', config);
    await using knockd = await startKnockd(wire.server, directory, text);
    const rc = directory.file('fwknoprc', CLIENT_FILE);
    chmodSync(rc, 0o600);
    const sentAt = new Map<string, number>();
    const send = async (address: string, name: string, ...options: readonly string[]): Promise<void> => {
      sentAt.set(address, Date.now() / 1000);
      const who = address === CLIENT ? ['-s'] : ['-a', address];
      const all = ['--rc-file', rc, '--no-save-args', '-n', name, ...who, ...options];
      await wire.client.run('env', `HOME=${directory.path}`, 'fwknop', ...all);
    };
    // The start of the daemon was in this second: earlier packets do not count.
    await pause(1000);
    const requests: string[] = [];
    for (let i = 0; i < 24; i++) {
      const user = pick([[], ['-U', 'Bob Smith'], ['-U', 'Bob Smith'], ['-U', 'bob']]);
      const time = pick([[], ['-f', '60'], ['-f', '5000']]);
      const name = pick(['a', 'a', 'b', 'b', 'c', 'd', 'd']);
      const request = [name, '-A', pick(ASKED[name] ?? []), ...user, ...time] as const;
      const address = i === 5 ? CLIENT : `10.7.0.${100 + i}`;
      requests.push(`${address}: ${request.join(' ')}`);
      await send(address, ...request);
      await pause(PAUSE_MS);
    }
    // Each daemon takes the packets in their order.
    await send('10.7.0.200', 'd', '-A', 'tcp/9');
    await fwknopd.saw(/Added access rule .*10\.7\.0\.200 /);
    await knockd.saw(/10\.7\.0\.200: .* opened tcp\/9/);
    const [is, should] = [openedByBussa(knockd.output), openedByFwknopd(fwknopd.output, sentAt)];
    const said = `${requests.join('\n')}\n${knockd.output}\n${fwknopd.output}`;
    assert.ok(should.size > 1, said);
    for (const address of new Set([...is.keys(), ...should.keys()])) {
      const [ours, theirs] = [is.get(address) ?? new Map(), should.get(address) ?? new Map()];
      assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort(), `${address}\n${said}`);
      // fwknopd tells the end in whole seconds, and may be a moment late.
      for (const [port, seconds] of theirs)
        assert.ok(
          Math.abs(seconds - (ours.get(port) as number)) < 15,
          `${address} ${port} ${seconds}\n${said}`,
        );
    }
  });
});
