/** What a packet of Debian's fwknop client may ask for, and what it gets: ports, sources, times, names and refusals. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { placesOf } from '../lab/find-secret.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { drawKey, SPA_DOOR, SpaFixture, spaLine } from './spa-fixture.ts';

const DOORS = `${SPA_DOOR}
[dns]
  accept   = spa
  users    = carol
  open     = udp/53, tcp/53
  open_for = 20
[strict]
  accept         = spa
  open           = tcp/443
  require_source = yes
[quiet]
  accept        = spa
  users         = dave
  start_command = /bin/true
`;

describe('a request of the fwknop client', { concurrency: 2 }, () => {
  test('opens every door whose ports it names, for the time and the address that it asks for', async () => {
    await using stage = await SpaFixture.create({ config: DOORS, keys: [drawKey('carol'), drawKey('dave')] });
    const { knockd } = stage;
    await stage.send('carol', '-A', 'tcp/22,udp/53', '-f', '120');
    await knockd.saw(/10\.7\.0\.2: ssh: carol: opened tcp\/22 for 120 s/);
    // The door has no max_open_for: its own time is the most.
    await knockd.saw(/10\.7\.0\.2: dns: carol: opened udp\/53, tcp\/53 for 20 s/);
    await stage.send('carol', '-A', 'tcp/22', '-f', '36000', '-a', STRANGER);
    await knockd.saw(/10\.7\.0\.3: ssh: carol: opened tcp\/22 for 3600 s/);
    await assertOpen(stage.wire.client, SERVER, 22, STRANGER);
    await stage.send('dave', '-s');
    await knockd.saw(/10\.7\.0\.2: ssh: carol, dave: already open/);
    const leases = await stage.ask('leases', '--json');
    assert.match(leases, /"user": ?"carol, dave"|"dave"/);
  });

  test('opens nothing if one port is not covered, and says which; nor commands, NAT and 0.0.0.0 where it must not', async () => {
    await using stage = await SpaFixture.create({
      config: DOORS,
      keys: [drawKey('carol'), drawKey('dave')],
    });
    const { knockd } = stage;
    // A line a source and minute: the daemon knows the others by `explain`.
    for (const [user, words, reason] of [
      ['carol', ['-A', 'tcp/22,tcp/23'], 'carol may not open tcp/23'],
      ['dave', ['-A', 'tcp/22,udp/53'], 'dave may not open udp/53'],
      ['carol', ['-A', 'tcp/443', '-s'], 'the door requires the packet to name its source'],
      ['carol', ['-N', '10.0.0.5:22'], 'it asks for address translation'],
      ['carol', ['-C', 'id'], 'it asks to run a command'],
      ['carol', ['--time-offset-minus', '200s'], 'the clock of the sender is 3 min behind'],
      ['carol', ['--time-offset-plus', '200s'], 'the clock of the sender is 3 min ahead'],
      ['carol', ['-a', '127.0.0.1'], 'it asks to open for 127.0.0.1, which nobody can have'],
    ] as const) {
      await stage.send(user, ...words);
      await stage.explained(new RegExp(`the SPA packet at .* was refused: ${RegExp.escape(reason)}`));
    }
    assert.equal(stage.openings, 0);
    assert.equal(knockd.count(/SPA packet refused: /g), 1, 'one line a source and minute');
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await stage.send('carol', '-A', 'tcp/443');
    await knockd.saw(/10\.7\.0\.2: strict: carol: opened tcp\/443/);
  });

  test('counts only from where its user may send, under the name he has, and while he has not ended', async () => {
    const [named, elsewhere, ended, off] = ['named', 'elsewhere', 'ended', 'off'].map((user) =>
      drawKey(user),
    );
    if (named === undefined || elsewhere === undefined || ended === undefined || off === undefined)
      throw new Error();
    const more = [
      `[named]\n${spaLine(named)} user root-of-evil\n`,
      `[elsewhere]\n${spaLine(elsewhere)}\nfrom = 192.0.2.0/24\n`,
      `[ended]\n${spaLine(ended)}\nuntil = 2020-01-01\n`,
      `[off]\n${spaLine(off)}\noff = yes\n`,
    ].join('');
    await using stage = await SpaFixture.create({
      keys: [drawKey('carol')],
      clientKeys: [named, elsewhere, ended, off],
      more,
    });
    for (const [user, reason] of [
      ['named', 'it carries another user name'],
      ['elsewhere', 'its user may not send from this address'],
      ['ended', 'its user has expired'],
      ['off', 'its user is off'],
    ] as const) {
      await stage.send(user);
      await stage.explained(new RegExp(`was refused: ${reason}`));
    }
    assert.equal(stage.openings, 0);
    await stage.send('named', '-U', 'root-of-evil');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: named: opened/);
  });

  test('with another key is noise: counted, and no line', async () => {
    await using stage = await SpaFixture.create({
      keys: [drawKey('carol')],
      clientKeys: [drawKey('mallory')],
    });
    await stage.send('mallory');
    await stage.metric(/^bussa_spa_garbage_total\{why="hmac"\} 1$/m);
    assert.doesNotMatch(stage.knockd.output, /refused|mallory/);
    await assertShut(stage.wire.client, SERVER, 22, CLIENT);
    await stage.send('carol');
    await stage.metric(/^bussa_proofs_total\{proof="spa",outcome="opened"\} 1$/m);
  });

  test('is made by the stanza that `bussa user add --spa` prints', async () => {
    await using stage = await SpaFixture.create({ keys: [drawKey('carol')] });
    const { wire, directory } = stage;
    const printed = await stage.ask('user', 'add', 'erin', '--spa', '--host', SERVER, '-c', stage.configFile);
    const rcFile = directory.file(
      'erin.rc',
      printed.slice(printed.indexOf('[10.7.0.1]'), printed.indexOf('To knock')),
    );
    chmodSync(rcFile, 0o600);
    assert.match(readFileSync(stage.usersFile, 'utf8'), /^\[erin\]$/m);
    await wire.client.run('env', `HOME=${directory.path}`, 'fwknop', '--rc-file', rcFile, '-n', SERVER);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: erin: opened tcp\/22/);
  });

  test('opens after `bussa import --write` of the access.conf that fwknopd had', async () => {
    const key = drawKey('frank', { hmac: 'sha512', mode: 'ctr' });
    await using stage = await SpaFixture.create({ keys: [drawKey('carol')], clientKeys: [key] });
    const access = stage.directory.file(
      'access.conf',
      [
        'SOURCE 10.7.0.0/24',
        `KEY_BASE64 ${key.key.toString('base64')}`,
        `HMAC_KEY_BASE64 ${key.hmacKey.toString('base64')}`,
        'HMAC_DIGEST_TYPE SHA512',
        'ENCRYPTION_MODE CTR',
        'OPEN_PORTS tcp/22, udp/53',
        'FW_ACCESS_TIMEOUT 45',
        'REQUIRE_SOURCE_ADDRESS Y\n',
      ].join('\n'),
    );
    const config = (): string => readFileSync(stage.configFile, 'utf8');
    const before = config();
    const shown = await stage.ask('import', access, '-c', stage.configFile);
    assert.equal(config(), before, 'nothing is written without --write');
    assert.doesNotMatch(shown, new RegExp(RegExp.escape(key.key.toString('base64'))));
    await stage.ask('import', access, '--write', '-c', stage.configFile);
    assert.ok(config().startsWith(before), 'what was there stays');
    await stage.send('frank', '-A', 'tcp/22,udp/53');
    await stage.knockd.saw(/10\.7\.0\.2: spa-tcp-22: fwknop-1: opened tcp\/22 for 45 s/);
    await stage.knockd.saw(/10\.7\.0\.2: spa-udp-53: fwknop-1: opened udp\/53 for 45 s/);
    await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
  });

  test('opens what the first of several stanzas allows that have one HMAC key, or all keys, in common', async () => {
    const [frank, gina] = [drawKey('frank'), drawKey('gina')];
    const other = { ...gina, hmacKey: frank.hmacKey };
    await using stage = await SpaFixture.create({ keys: [drawKey('carol')], clientKeys: [frank, other] });
    const stanza = (source: string, { key, hmacKey }: typeof frank, ports: string): string =>
      `SOURCE ${source}\nKEY_BASE64 ${key.toString('base64')}\nHMAC_KEY_BASE64 ${hmacKey.toString('base64')}\nOPEN_PORTS ${ports}\n`;
    const access = stage.directory.file(
      'access.conf',
      stanza('192.0.2.0/24', frank, 'tcp/22, tcp/80') +
        stanza('ANY', frank, 'tcp/22') +
        stanza('ANY', other, 'udp/53'),
    );
    await stage.ask('import', access, '--write', '-c', stage.configFile);
    await stage.send('gina', '-A', 'udp/53');
    await stage.knockd.saw(/10\.7\.0\.2: spa-udp-53: fwknop-3: opened udp\/53/);
    await stage.send('frank', '-A', 'tcp/22');
    await stage.knockd.saw(/10\.7\.0\.2: spa-tcp-22-2: fwknop-1: opened tcp\/22/);
    await stage.send('frank', '-A', 'tcp/80');
    await stage.explained(/was refused: the door does not allow the address that sent it/);
  });

  test('names its user everywhere: log, hooks, leases, history, explain', async () => {
    const carol = drawKey('carol');
    await using stage = await SpaFixture.create({
      config: `  On_Open = /usr/bin/env\n${SPA_DOOR}`,
      keys: [carol, drawKey('dave')],
    });
    const config = readFileSync(stage.configFile, 'utf8');
    const hook = stage.directory.file(
      'hook',
      `#!/bin/sh\necho "$BUSSA_USER $BUSSA_PROOF" >> ${stage.directory.path}/said\n`,
    );
    chmodSync(hook, 0o700);
    writeFileSync(stage.configFile, config.replace('/usr/bin/env', hook));
    await stage.ask('reload');
    await stage.send('carol');
    await stage.send('dave', '-A', 'tcp/22');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: opened/);
    await stage.seen('said', /^carol spa$/m);
    assert.match(await stage.ask('leases', '--json'), /"user":\s*"[^"]*carol|"kind":\s*"spa"/);
    await stage.ask('close', 'ssh', CLIENT);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: carol(?:, dave)?: closed/);
    assert.match(await stage.ask('history', '--user', 'carol'), /carol/);
    assert.match(await stage.ask('explain', '--user', 'carol'), /SPA packet was good/);
    const { path } = stage.directory;
    const secrets = [carol.key, carol.hmacKey].flatMap((key) => [key, key.toString('base64').slice(0, 30)]);
    assert.deepEqual(placesOf(secrets, path), [join(path, 'fwknoprc'), join(path, 'users.conf')]);
  });
});
