/**
 * `bussa up`, which does not lock its owner out.
 *
 *     client                          server
 *     eth0 10.7.0.2 (the owner) ────  eth0 10.7.0.1
 *          10.7.0.3                   bussa up, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { assertOpen, assertShut, Connection } from '../lab/service.ts';
import { CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { DOOR, UP_SITUATIONS, UpFixture } from './up-fixture.ts';

const LISTENING = /listening on .*\.\.\.\n/;

describe('bussa up', { concurrency: 2 }, () => {
  for (const { name, arrange } of UP_SITUATIONS) {
    test(`${name}: refuses while somebody is connected, and changes nothing; --yes closes, and is needed once`, async () => {
      await using stage = await UpFixture.create();
      await arrange(stage.server);
      const before = await stage.rules();
      await using connection = await stage.connect();

      const refused = stage.up();
      assert.equal((await refused.exited).code, 1);
      assert.match(refused.output, /tcp\/22 would be closed to new connections for the first time/);
      assert.match(refused.output, /from 10\.7\.0\.2 port \d+ to tcp\/22/);
      assert.match(refused.output, /Established connections would live on/);
      assert.match(refused.output, /--yes/);
      assert.match(refused.output, /--confirm 60/);
      assert.equal(await stage.rules(), before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);

      const sure = stage.up('--yes');
      await sure.saw(LISTENING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      await connection.assertAlive();
      assert.equal((await sure.stop()).code, 0);
      assert.equal(await stage.rules(), before);

      const second = stage.up();
      await second.saw(LISTENING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      assert.equal((await second.stop()).code, 0);
    });
  }

  test('connections of this host to itself do not count; those over IPv6 do', async () => {
    await using stage = await UpFixture.create();
    await using _local = await Connection.open(stage.server, '127.0.0.1', 22, '127.0.0.1');
    await using _own = await Connection.open(stage.server, SERVER, 22, SERVER);
    const first = stage.up();
    await first.saw(LISTENING);
    assert.equal((await first.stop()).code, 0);

    await using other = await UpFixture.create();
    await using _peer = await other.connect(CLIENT6, SERVER6);
    const refused = other.up();
    assert.equal((await refused.exited).code, 1);
    assert.match(refused.output, /from fd07::2 port \d+ to tcp\/22/);
  });

  test('a reload that would close a port with a connection is refused', async () => {
    await using stage = await UpFixture.create();
    await using _connection = await stage.connect();
    writeFileSync(stage.config, DOOR.replace('tcp/22', 'tcp/443'));
    const up = stage.up();
    await up.saw(LISTENING);
    const before = await stage.rules();
    writeFileSync(stage.config, DOOR);
    up.signal('SIGHUP');
    await up.saw(/the old one stays in force/);
    assert.match(up.output, /tcp\/22 would be closed to new connections for the first time/);
    assert.equal(await stage.rules(), before);
    await assertOpen(stage.client, SERVER, 22, STRANGER);
    assert.equal((await up.stop()).code, 0);
  });

  test('a ruleset with policy drop: refuses while somebody is connected, as everywhere', async () => {
    await using stage = await UpFixture.create();
    await using _connection = await stage.connect();
    const ruleset = `table inet host {
      chain input {
              type filter hook input priority filter; policy drop;
      ct state established,related accept
        iifname "lo" accept
        tcp dport 22 accept
      }
    }`;
    await stage.server.run('nft', ruleset);
    const before = await stage.server.run('nft', 'list', 'ruleset');
    const refused = stage.up();
    await refused.saw(/--yes/);
    assert.equal((await refused.exited).code, 1);
    assert.equal(await stage.server.run('nft', 'list', 'ruleset'), before);
    const up = stage.up('--yes');
    await up.saw(LISTENING);
    assert.equal((await up.stop()).code, 0);
    assert.equal(await stage.server.run('nft', 'list', 'ruleset'), before);
  });

  test('a forwarded port and a datagram port: whom the kernel tracks', async () => {
    await using stage = await UpFixture.create();
    const ruleset = `table ip nat {
      chain prerouting {
      type nat hook prerouting priority dstnat;
      tcp dport 8080 dnat to 10.7.0.2:9
      }
    }`;
    await stage.server.run('nft', ruleset);
    const tracked = (words: string): Promise<string> =>
      stage.server.run('conntrack', '-I', ...`${words} -t 600`.split(' '));
    await tracked(
      '-p tcp -s 198.51.100.9 -d 10.7.0.1 --sport 4000 --dport 8080 -r 10.7.0.2 -q 198.51.100.9 --reply-port-src 9 --reply-port-dst 4000 --state ESTABLISHED -u ASSURED,SEEN_REPLY',
    );
    await tracked('-p udp -s 198.51.100.8 -d 10.7.0.1 --sport 5000 --dport 51820 -u ASSURED,SEEN_REPLY');
    writeFileSync(stage.config, DOOR.replace('tcp/22', 'tcp/8080 forward, udp/51820'));
    const refused = stage.up();
    assert.equal((await refused.exited).code, 1, refused.output);
    assert.match(refused.output, /from 198\.51\.100\.9 port 4000 to tcp\/8080/);
    assert.match(refused.output, /from 198\.51\.100\.8 port 5000 to udp\/51820/);
  });
});
