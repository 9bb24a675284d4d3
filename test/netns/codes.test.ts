/**
 * Codes of an authenticator app at the whole daemon: oathtool makes them, Debian's knock, bash and netcat knock them.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2    ────  eth0 10.7.0.1  fd07::1
 *          10.7.0.3 (the stranger)    knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { placesOf } from '../lab/find-secret.ts';
import { WorkDirectory } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { CODE_DOOR, CodeFixture, portsOf } from './code-fixture.ts';
import { shutFirewall } from './firewall.ts';

const SITUATIONS = [
  ['a host that refuses', async () => undefined],
  ['a host that drops', shutFirewall],
] as const;

const opened = (user: string, count = 1): readonly [RegExp, number] => [
  new RegExp(`: ssh: ${user}: OPEN SESAME \\(code\\)`),
  count,
];

describe('codes, knocked as two ports', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS)
    test(`${name}: with knock by TCP and UDP, with bash, by IPv4 and IPv6, for the source alone`, async () => {
      const users = { alice: '', bob: '', carol: '', dave: '', eve: '' };
      await using stage = await CodeFixture.create({ arrange, users });
      const { client } = stage.wire;
      await assertShut(client, SERVER, 22, CLIENT);
      await stage.knock(stage.code('alice', 1));
      await stage.knockd.saw(...opened('alice'));
      await assertOpen(client, SERVER, 22, CLIENT);
      await assertShut(client, SERVER, 22, STRANGER);
      await stage.knock(stage.code('bob', 1), { udp: true });
      await stage.knockd.saw(...opened('bob'));
      const [first, second] = portsOf(stage.code('carol', 1));
      const bash = `for p in ${first} ${second}; do echo > /dev/udp/${SERVER}/$p; done`;
      await client.run('bash', '-c', bash);
      await stage.knockd.saw(...opened('carol'));
      const [half, whole] = portsOf(stage.code('dave', 1));
      const tcp = `for p in ${half} ${whole}; do timeout 1 bash -c ": > /dev/tcp/${SERVER}/$p"; done; true`;
      await client.run('bash', '-c', tcp);
      await stage.knockd.saw(...opened('dave'));
      await assertShut(client, SERVER6, 22, CLIENT6);
      await stage.knock(stage.code('eve', 1), { to: SERVER6 });
      await stage.knockd.saw(...opened('eve'));
      await assertOpen(client, SERVER6, 22, CLIENT6);
      const leases = JSON.parse(await stage.bussa('leases', '--json')) as unknown;
      assert.match(JSON.stringify(leases), /"eve"/);
    });

  test('a code opens one address once, across restarts and kill -9; the same source renews', async () => {
    await using stage = await CodeFixture.create({ users: { alice: '', bob: '' } });
    const { client } = stage.wire;
    const code = stage.code('alice', 1);
    await stage.knock(code);
    await stage.knockd.saw(...opened('alice'));
    await stage.knock(code);
    await stage.knockd.saw(/: ssh: alice: door stays open|: ssh: alice: .*stays open/);
    await stage.knockFrom(STRANGER, code);
    const refusal = /10\.7\.0\.3: alice: code refused: it was used already, by 10\.7\.0\.2 at [0-9:]{8}: /;
    await stage.knockd.saw(refusal);
    assert.match(
      await stage.bussa('explain', STRANGER),
      /was refused: it was used already, by 10\.7\.0\.2 at/,
    );
    await stage.knockFrom(CLIENT6, code, SERVER6);
    await assertShut(client, SERVER6, 22, CLIENT6);
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await stage.restart(signal);
      await stage.knockFrom(STRANGER, code);
      await stage.knockd.saw(/10\.7\.0\.3: alice: code refused: /);
      await assertShut(client, SERVER, 22, STRANGER);
      assert.equal(stage.knockd.count(/10\.7\.0\.3: ssh: alice: OPEN SESAME/g), 0);
    }
  });

  test('without a readable record, no code counts up to that of the start', async () => {
    await using stage = await CodeFixture.create();
    await stage.knock(stage.code('alice', 1));
    await stage.knockd.saw(...opened('alice'));
    await stage.restart('SIGKILL', () => stage.loseDatabase());
    await stage.knockFrom(STRANGER, stage.code('alice', -1));
    await stage.knockd.saw(
      /10\.7\.0\.3: alice: code refused: it may have been used before the daemon started/,
    );
    await stage.knock(stage.code('alice', 1));
    await stage.knockd.saw(...opened('alice'));
  });

  test('after two wrong codes, one right code is not enough, and the next one opens', async () => {
    await using stage = await CodeFixture.create();
    const { client } = stage.wire;
    const step = stepNow();
    const right = stage.code('alice', 0);
    const next = stage.code('alice', 1);
    for (const wrong of wrongCodes(stage, 2)) await stage.knock(wrong);
    await stage.knockd.saw(/10\.7\.0\.2: code refused: it is wrong, or its time is over/);
    await stage.knock(right);
    await stage.knock(next);
    // The start's own step may have been that of the first code: then a third one is needed.
    if (stage.knockd.count(/: ssh: alice: OPEN SESAME/g) === 0) {
      assert.match(
        await stage.bussa('explain', CLIENT),
        /address needs the next code too|may have been used/,
      );
      await assertShut(client, SERVER, 22, CLIENT);
      await until(() => stepNow() > step);
      await stage.knock(stage.code('alice', step + 2 - stepNow()));
    }
    await stage.knockd.saw(...opened('alice'));
    await assertOpen(client, SERVER, 22, CLIENT);
  });

  test('a wrong clock is reported; no code lets in a user who is off, expired or not allowed at the door', async () => {
    const users = {
      alice: '',
      off: '  off = yes\n',
      ended: '  until = 2020-01-01\n',
      far: '  from = 192.0.2.0/24\n',
    };
    await using stage = await CodeFixture.create({ users });
    const refused = async (code: string, source: string, words: RegExp): Promise<void> => {
      await stage.knockFrom(source, code);
      await stage.fence();
      assert.match(await stage.bussa('explain', source), words);
    };
    await refused(stage.code('alice', -7), STRANGER, /the clock of the app of alice is 3 min 30 s behind/);
    await refused(stage.code('off', 1), CLIENT, /its user is off/);
    await refused(stage.code('ended', 1), CLIENT, /its user is no longer valid/);
    await refused(stage.code('far', 1), CLIENT, /its user may not knock from this address/);
    await stage.knock(stage.code('alice', 1));
    await stage.knockd.saw(...opened('alice'));
    stage.writeUsers({ ...users, alice: '  off = yes\n' });
    await stage.bussa('reload');
    await stage.knockd.saw(
      /10\.7\.0\.2: ssh: .*closed.*its user may no longer open it|its user may no longer open it/,
    );
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    const metrics = await stage.bussa('status', '--json');
    assert.match(metrics, /"skewed": ?1/);
  });

  test('the user is named in commands, hooks, history and the answer to who has it open; bans and deny count', async () => {
    using scratch = new WorkDirectory();
    const out = scratch.file('opened');
    const config = `${CODE_DOOR}  start_command = echo started %USER%
  on_open = sh: echo "opened $BUSSA_USER $BUSSA_PROOF" > ${out}
  deny = ${STRANGER}
`;
    await using stage = await CodeFixture.create({
      config,
      users: { alice: '', bob: '' },
    });
    await stage.knockFrom(STRANGER, stage.code('bob', 1));
    await stage.knockd.saw(
      /10\.7\.0\.3: ssh: bob: .*the door does not allow this address|the door does not allow this address/,
    );
    await stage.bussa('ban', CLIENT6);
    await stage.knockFrom(CLIENT6, stage.code('alice', 1), SERVER6);
    assert.equal(stage.knockd.count(/alice: OPEN SESAME/g), 0, 'who is banned has shown nothing');
    await stage.knock(stage.code('alice', 1));
    await stage.knockd.saw(...opened('alice'));
    await stage.knockd.saw(/running command: .*started alice/);
    // The hook runs beside the daemon, which has no line of it.
    for (let tries = 0; tries < 80 && !existsSync(out); tries++) await pause();
    assert.equal(readFileSync(out, 'utf8'), 'opened alice code\n');
    await stage.bussa('close', 'ssh', CLIENT);
    assert.match(await stage.bussa('history', '--user', 'alice'), /alice/);
    assert.match(await stage.bussa('explain', '--user', 'alice'), /its code was good/);
  });

  test('a reload keeps half of a code, and what was used', async () => {
    await using stage = await CodeFixture.create();
    const code = stage.code('alice', 1);
    const [first, second] = portsOf(code);
    await stage.wire.client.run('bash', '-c', `echo > /dev/udp/${SERVER}/${first}`);
    await stage.bussa('reload');
    await stage.wire.client.run('bash', '-c', `echo > /dev/udp/${SERVER}/${second}`);
    await stage.knockd.saw(...opened('alice'));
    await stage.bussa('reload');
    await stage.knockFrom(STRANGER, code);
    await stage.knockd.saw(/10\.7\.0\.3: alice: code refused: it was used already/);
    assert.match(await stage.bussa('user', 'forgive', 'alice'), /codes that were used are forgotten/);
    await stage.knockFrom(STRANGER, code);
    await stage.knockd.saw(/10\.7\.0\.3: ssh: alice: OPEN SESAME \(code\)/);
  });

  test('real scans of both blocks open nothing, and a right code afterwards needs its successor', async () => {
    await using stage = await CodeFixture.create();
    const { client } = stage.wire;
    const scan = ['-n', '-Pn', '--max-retries', '0', '--min-rate', '2000', '-p', '17000-17999,23000-23999'];
    await client.run('nmap', '-sS', ...scan, SERVER);
    await client.run('nmap', '-sS', '-r', ...scan, SERVER);
    await stage.fence();
    assert.equal(stage.knockd.count(/OPEN SESAME \(code\)/g), 0);
    await stage.knock(stage.code('alice', 1));
    await assertShut(client, SERVER, 22, CLIENT);
    assert.match(await stage.bussa('explain', CLIENT), /this address needs the next code too/);
  });

  test('the secret stands in the users file alone', async () => {
    await using stage = await CodeFixture.create();
    await stage.knock(stage.code('alice', 1));
    await stage.knockd.saw(...opened('alice'));
    const secret =
      /code = ([A-Z2-7]+)/.exec(readFileSync(stage.directory.file('users.conf'), 'utf8'))?.[1] ?? '';
    const said = [
      stage.knockd.output,
      await stage.bussa('user', 'show', 'alice'),
      await stage.bussa('user', 'list'),
    ];
    for (const text of said) assert.ok(!text.includes(secret));
    const { path } = stage.directory;
    assert.deepEqual(placesOf([secret, Buffer.from(secret.toLowerCase())], path), [join(path, 'users.conf')]);
    assert.ok((await stage.bussa('user', 'show', 'alice', '--qr')).includes(`secret=${secret}`));
  });

  test('beside a sequence, and with the scan guard off, wrong codes count', async () => {
    const config = `${CODE_DOOR}  sequence = 7001,8002,9003\n  tcpflags = syn\n`.replace('[ssh]', '[ssh]');
    await using stage = await CodeFixture.create({ config: `  Scan_Guard = off\n${config}` });
    for (const wrong of wrongCodes(stage, 2)) await stage.knock(wrong);
    await stage.knock(stage.code('alice', 1));
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await stage.wire.client.run('true');
    assert.match(await stage.bussa('explain', CLIENT), /this address needs the next code too/);
  });
});

/** Codes that are nobody's now. */
function wrongCodes(stage: CodeFixture, count: number): string[] {
  const right = new Set(Array.from({ length: 7 }, (_, i) => stage.code('alice', i - 3)));
  const codes: string[] = [];
  for (let code = 100_000; codes.length < count; code += 1117)
    if (!right.has(`${code}`)) codes.push(`${code}`);
  return codes;
}

/** Of 30 seconds, as the apps count. */
const stepNow = (): number => Math.floor(Date.now() / 30_000);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause();
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 250));
