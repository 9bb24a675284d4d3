/**
 * `bussa connect` does not wait where it need not, and disturbs nobody.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     bussa connect                   bussa up, a service on 22
 */
import assert from 'node:assert/strict';
import { chownSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Port } from '../../src/core/net/port.ts';
import { renderCard } from '../../src/core/signed/server-card.ts';
import { nodeCiphers } from '../../src/host/crypto/node-ciphers.ts';
import { openLink } from '../lab/delayed-wire.ts';
import type { Namespace } from '../lab/namespace.ts';
import { startService } from '../lab/service.ts';
import { SERVER, SERVER6 } from '../lab/wire.ts';
import { ClientFixture, PROFILE, SSH_DOOR } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

/** Longer than any test waits: whoever sits it out fails. */
const FOR_EVER = '1h';

/** nobody, on every Debian. */
const NOBODY = 65_534;

/** What host firewalls mostly do: what nobody has asked for is not answered. The service's port is the daemon's affair. */
const DROP = `table inet walls { chain input {
  type filter hook input priority 10; policy drop;
  ct state established,related accept
  meta l4proto { icmp, ipv6-icmp } accept
  tcp dport 22 accept
  tcp dport 7000 tcp flags syn counter drop
}
}`;

/** Connections that a service of this host was given: by the kernel's own count. */
async function acceptedIn(namespace: Namespace): Promise<number> {
  const lines = (await namespace.run('cat', '/proc/net/snmp')).split('\n');
  const [names = [], values = []] = lines
    .filter((line) => line.startsWith('Tcp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('PassiveOpens')]);
}

async function countedAt7000(namespace: Namespace): Promise<number> {
  const text = await namespace.run('nft', 'list', 'table', 'inet', 'walls');
  return Number(/dport 7000 .*counter packets (\d+)/.exec(text)?.[1]);
}

describe('bussa connect, as fast as the answers', { concurrency: 2 }, () => {
  test('a knock that is answered is not waited after: TCP by its reset, UDP by ICMP', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon();
    writeFileSync(stage.hosts, PROFILE.replace('20ms', FOR_EVER));
    for (const host of [SERVER, SERVER6]) {
      writeFileSync(stage.hosts, PROFILE.replace('20ms', FOR_EVER).replace(SERVER, host));
      await using program = stage.bussa('connect', '-F', stage.hosts, 'box');
      await program.saw(/welcome/);
    }
    assert.equal(daemon.count(/OPEN SESAME/g), 2);
  });

  test('where nothing answers the knocks are still in order, each once, and the delay is kept', async () => {
    await using stage = await ClientFixture.create();
    await stage.wire.server.run('nft', DROP);
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon(SSH_DOOR.replace('seq_timeout = 5', 'seq_timeout = 15'));
    // The kernel would send an unanswered SYN again after one second.
    writeFileSync(stage.hosts, PROFILE.replace('20ms', '1200ms'));
    const from = performance.now();
    await using program = stage.bussa('connect', '-F', stage.hosts, 'box');
    await program.saw(/welcome/);
    assert.ok(performance.now() - from >= 2400);
    assert.equal(await countedAt7000(stage.wire.server), 1);
    assert.equal(daemon.count(/OPEN SESAME/g), 1);
  });

  test('a port that is open gets one connection, and its door is not knocked open', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    // Without the default delay the knocks could all be away before the port has answered.
    writeFileSync(stage.hosts, PROFILE.replace('20ms', FOR_EVER));
    await stage.wire.server.run('nft', DROP);
    const before = await acceptedIn(stage.wire.server);
    await using program = stage.bussa('connect', '-v', '-F', stage.hosts, 'box');
    await program.saw(/welcome/);
    program.write('there\n');
    await program.saw(/^there$/m);
    assert.equal(await acceptedIn(stage.wire.server), before + 1);
    assert.ok((await countedAt7000(stage.wire.server)) <= 1);
  });

  test('an open port is connected to even if no key can sign', async () => {
    await using stage = await ClientFixture.create(await openLink(30));
    await using _service = await startService(stage.wire.server, 22);
    const card = renderCard(nodeCiphers, { port: 62_202 as Port, key: new Uint8Array(32).fill(7) });
    const lines = `Card ${card}\n  IdentityAgent none\n  IdentityFile /nowhere`;
    writeFileSync(stage.hosts, `Host box\n  HostName ${SERVER}\n  ${lines}\n`);
    await using program = stage.bussa('connect', '-F', stage.hosts, 'box', '22');
    await program.saw(/welcome/);
  });

  test('over a long way several SYNs are under way, and the service sees one client', async () => {
    await using stage = await ClientFixture.create(await openLink(60));
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon();
    writeFileSync(stage.hosts, PROFILE.replace('  Delay 20ms\n', ''));
    const before = await acceptedIn(stage.wire.server);
    await using program = stage.bussa('connect', '-F', stage.hosts, 'box');
    await program.saw(/welcome/);
    program.write('there\n');
    await program.saw(/^there$/m);
    assert.equal(daemon.count(/OPEN SESAME/g), 1);
    assert.equal(await acceptedIn(stage.wire.server), before + 1);
  });

  test('an ordinary user can knock too', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon();
    chownSync(stage.hosts, NOBODY, NOBODY);
    chownSync(stage.directory.path, NOBODY, NOBODY);
    const words = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', BUSSA];
    const options = ['--bounding-set=-all', '--no-new-privs', '--inh-caps=-all'];
    await using program = stage.wire.client.start(
      'setpriv',
      ...options,
      ...words,
      'connect',
      '-F',
      stage.hosts,
      'box',
    );
    await program.saw(/welcome/);
    assert.equal(daemon.count(/OPEN SESAME/g), 1);
  });

  test('an address that says nothing does not keep the next one waiting', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using _daemon = await stage.startDaemon();
    // Nobody has the first one, and the link does not say so. It is nearer to the client's own, and so comes first.
    const names = ['fd07::3', SERVER6].map((address) => `${address} many.test\n`).join('');
    await stage.wire.client.ip('neigh add fd07::3 lladdr 02:00:00:00:00:01 dev eth0 nud permanent');
    const file = stage.directory.file('names', names);
    writeFileSync(stage.hosts, `${PROFILE.replace(SERVER, 'many.test')}  Retries 0\n`);
    const line = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const words = [file, BUSSA, 'connect', '-v', '-F', stage.hosts, 'box'];
    await using program = stage.wire.client.start('unshare', '--mount', 'sh', '-c', line, ...words);
    await program.saw(/welcome/);
    assert.match(program.output, /knocking at fd07::3\n(?:.*\n)*?.*knocking at fd07::1\n/);
  });
});
