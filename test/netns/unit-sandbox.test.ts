/**
 * The daemon behind the walls of packaging/knockd.service, the unit's own words put up without systemd.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, a firewall or none, an echo service on 22
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, KNOCKD, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import { assertOpen, assertShut, Connection, startService } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall } from './firewall.ts';
import { CAP_NET_ADMIN, CAP_NET_RAW, threadPrivileges } from './thread-privileges.ts';
import { behindWalls } from './unit-sandbox.ts';

const config = (state: string, more = ''): string => `[options]
  LogFile = /var/log/knockd.log
[ssh]
  sequence    = 7000,8000,9000
  tcpflags    = syn
  open        = tcp/22
  open_for    = 3
  close_kills = yes
[once]
  one_time_sequences = ${state}/once
  open     = tcp/22
  open_for = 600
${more}`;

const SITUATIONS: readonly (readonly [string, (server: Namespace) => Promise<void>])[] = [
  ['no firewall at all', async () => undefined],
  ['iptables with policy DROP', shutFirewall],
];

describe('in the sandbox of the unit', { concurrency: 2 }, () => {
  for (const [name, arrange] of SITUATIONS) {
    test(`${name}: doors open and close, reload, log, state, stop`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const { client, server } = wire;
      await arrange(server);
      const [log, state, cache] = ['log', 'state', 'cache'].map((place) => {
        mkdirSync(directory.file(place), { mode: 0o700 });
        return directory.file(place);
      }) as [string, string, string];
      directory.file('state/once', '7100:udp\n7200:udp\n');
      const file = directory.file('knockd.conf', config(state));
      const walls = [
        ...behindWalls([state, cache], log),
        ...['env', `STATE_DIRECTORY=${state}`, `CACHE_DIRECTORY=${cache}`],
      ];
      const start = (): ReturnType<Namespace['start']> =>
        server.start(...(walls as [string, ...string[]]), ...KNOCKD, '-c', file, '-v');
      await using _service = await startService(server, 22);
      {
        await using knockd = start();
        await knockd.saw(/^listening on all interfaces/m);
        assertWalled(knockd.pid);
        await assertShut(client, SERVER, 22, CLIENT);
        await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
        await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22 for 3 s/);
        await using connection = await Connection.open(client, SERVER, 22, CLIENT);
        await connection.assertAlive();
        await assertShut(client, SERVER, 22, STRANGER);
        await knockd.saw(/10\.7\.0\.2: ssh: closed tcp\/22/);
        await assert.rejects(connection.assertAlive(), 'the connection is cut');
        await assertShut(client, SERVER, 22, CLIENT);

        directory.file(
          'knockd.conf',
          config(state, '[new]\n  sequence = 7300:udp\n  open = tcp/22\n  open_for = 2\n'),
        );
        knockd.signal('SIGHUP');
        await knockd.saw(/re-opening log file/);
        await client.run(C_KNOCK, '-u', SERVER, '7300');
        await knockd.saw(/10\.7\.0\.2: new: closed tcp\/22/);
        await client.run(C_KNOCK, '-u', SERVER, '7100');
        await knockd.saw(/10\.7\.0\.2: once: opened tcp\/22 for 600 s/);
        assert.match(readFileSync(`${state}/once`, 'utf8'), /^#7100:udp\n7200:udp\n$/, 'it is used up');
        knockd.signal('SIGKILL');
        await knockd.exited;
      }
      await assertOpen(client, SERVER, 22, CLIENT);
      await using again = start();
      await again.saw(/10\.7\.0\.2: once: .*left open by an earlier run/);
      assert.deepEqual(await again.stop(), { code: 0, signal: null });

      const written = readFileSync(`${log}/knockd.log`, 'utf8');
      for (const line of [/ssh: closed tcp\/22/, /re-opening log file/, /shutting down/])
        assert.match(written, line);
      assert.equal(statSync(`${log}/knockd.log`).mode & 0o027, 0);
      assert.doesNotMatch(written, /EPERM|EACCES|EROFS/);
      if (name === 'no firewall at all') assert.equal(await server.run('nft', 'list', 'ruleset'), '');
    });
  }

  test('the walls stand: what the unit denies is denied', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const walls = behindWalls([], directory.path) as [string, ...string[]];
    const status = (...command: readonly string[]): Promise<number> =>
      wire.server.status(...walls, ...command);
    assert.equal(await status('touch', '/var/log/there'), 0);
    assert.equal(statSync(directory.file('there')).size, 0);
    assert.notEqual(await status('touch', '/etc/bussa-was-here'), 0);
    assert.notEqual(await status('touch', '/run/bussa-was-here'), 0);
    assert.notEqual(await status('chown', '1', '/var/log/there'), 0, 'neither capability nor call');
    assert.notEqual(await status('setpriv', '--bounding-set=-net_raw', 'true'), 0);
    const open = (family: number): Promise<number> =>
      status('perl', '-e', `socket(my $s, ${family}, 2, 0) or exit 1`);
    assert.equal(await open(1), 0);
    // AF_BLUETOOTH and AF_VSOCK of sys/socket.h; a kernel without them refuses as well.
    for (const family of [31, 40]) assert.notEqual(await open(family), 0, `family ${family}`);
  });
});

function assertWalled(pid: number): void {
  const threads = threadPrivileges(pid);
  assert.ok(threads.length > 1, 'Node.js has several threads');
  for (const thread of threads) {
    assert.deepEqual(thread, {
      CapInh: 0n,
      CapPrm: CAP_NET_ADMIN | CAP_NET_RAW,
      CapEff: CAP_NET_ADMIN | CAP_NET_RAW,
      CapBnd: CAP_NET_ADMIN | CAP_NET_RAW,
      CapAmb: 0n,
      noNewPrivileges: true,
    });
  }
}
