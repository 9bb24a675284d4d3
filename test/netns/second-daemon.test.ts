/**
 * Two daemons with firewall doors and configurations of their own on one host: the firewall is the first one's.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        two knockd, echo services on 22 and 8080
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import type { Namespace } from '../lab/namespace.ts';
import type { Program } from '../lab/program.ts';
import { assertOpen, assertShut, startService } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

const door = (name: string, from: number, more: string): string => `[${name}]
  sequence    = ${from},${from + 1000},${from + 2000}
  seq_timeout = 5
  tcpflags    = syn
  ${more}
`;
const NO_GUARD = '[options]\n  scan_guard = off\n';
const SSH = NO_GUARD + door('ssh', 7000, 'open = tcp/22\n  open_for = 60');
const WEB = NO_GUARD + door('web', 7001, 'open = tcp/8080\n  open_for = 60');
const COMMAND = door('command', 7002, 'start_command = echo for %IP%');

/** The daemon under test as a squatter would be: somebody without any right has the name. */
const SQUAT = [
  ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e'],
  `require('node:net').createServer().listen('\\0bussa-firewall', () => console.log('squatting'))`,
] as const;

describe('a second daemon with firewall doors', { concurrency: 2 }, () => {
  test('its doors are refused and name the first, whose stay shut to others; its commands run; then it is its turn', async () => {
    await using wire = await Wire.create();
    using ones = new WorkDirectory();
    using others = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    await using _web = await startService(server, 8080);
    await using first = await startKnockd(server, ones, SSH);
    await using second = await startKnockd(server, others, WEB + COMMAND);
    await second.saw(
      new RegExp(`the doors' ports: process ${first.pid} already has Bussa's rules in the firewall`),
    );
    await knock(client, 7000);
    await first.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await knock(client, 7001);
    await second.saw(/10\.7\.0\.2: web: not opened/);
    await knock(client, 7002);
    await second.saw(/command: running command: echo for 10\.7\.0\.2/);
    await assertOpen(client, SERVER, 22, CLIENT);
    for (let n = 0; n < 10; n++) await assertShut(client, SERVER, 22, STRANGER);
    await fence(first, client, SERVER);
    assert.equal(first.count(/rules were missing or changed/g), 0);

    assert.equal((await second.stop()).code, 0);
    await assertShut(client, SERVER, 22, STRANGER);
    // Killed, it holds nothing any more.
    await first.stop('SIGKILL');
    await using third = await startKnockd(server, others, WEB);
    await knock(client, 7001);
    await third.saw(/10\.7\.0\.2: web: opened tcp\/8080/);
    await assertOpen(client, SERVER, 8080, CLIENT);
    await assertShut(client, SERVER, 8080, STRANGER);
    assert.equal((await third.stop()).code, 0);
  });

  test('a user without rights who has the name keeps no door from closing', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using _service = await startService(server, 22);
    const [command, ...args] = SQUAT;
    await using squatter: Program = server.start(command, ...args);
    await squatter.saw(/squatting/);
    await using knockd = await startKnockd(server, directory, SSH);
    await knockd.saw(new RegExp(`process ${squatter.pid} of user 65534 holds the name @bussa-firewall`));
    await assertShut(client, SERVER, 22, STRANGER);
    await knock(client, 7000);
    await knockd.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await assertOpen(client, SERVER, 22, CLIENT);
    assert.equal((await knockd.stop()).code, 0);
  });
});

async function knock(client: Namespace, first: number): Promise<void> {
  await client.run(C_KNOCK, SERVER, ...[first, first + 1000, first + 2000].map(String));
}
