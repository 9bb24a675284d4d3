/**
 * The main job: a real TCP service behind a real firewall with policy DROP.
 *
 *     client                          server
 *     eth0 10.7.0.2 (knocks)    ────  eth0 10.7.0.1
 *          10.7.0.3 (does not)        knockd, iptables -P INPUT DROP, an echo service on 22
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { C_KNOCK, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { assertOpen, assertShut, Connection, startService } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';
import { shutFirewall, watchRules } from './firewall.ts';

const OPEN_CLOSE_SSH = `[options]
\tUseSyslog

[openSSH]
\tsequence    = 7000,8000,9000
\tseq_timeout = 5
\tcommand     = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
\ttcpflags    = syn

[closeSSH]
\tsequence    = 9000,8000,7000
\tseq_timeout = 5
\tcommand     = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
\ttcpflags    = syn
`;

const openBits = (cmdTimeout: number): string => `[openBITS]
  sequence      = 9132,4367,8371,1321,5239
  seq_timeout   = 30
  tcpflags      = syn
  start_command = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
  cmd_timeout   = ${cmdTimeout}
  stop_command  = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
`;
const BITS_KNOCK = ['9132', '4367', '8371', '1321', '5239'];

const ADDED = /-A INPUT -s 10\.7\.0\.2\/32 -p tcp -m tcp --dport 22 -j ACCEPT/g;
const DELETED = /-D INPUT -s 10\.7\.0\.2\/32 -p tcp -m tcp --dport 22 -j ACCEPT/g;

describe('a real service behind a real firewall', { concurrency: 3 }, () => {
  test('openSSH opens for the knocker alone, closeSSH closes, an established connection lives on', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await shutFirewall(server);
    await using rules = await watchRules(server);
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, OPEN_CLOSE_SSH, '-i', 'eth0');
    await assertShut(client, SERVER, 22, CLIENT);

    await client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await rules.saw(ADDED);
    await knockd.saw(/10\.7\.0\.2: openSSH: OPEN SESAME/);
    await using connection = await Connection.open(client, SERVER, 22, CLIENT);
    await connection.assertAlive();
    await assertShut(client, SERVER, 22, STRANGER);

    await client.run(C_KNOCK, SERVER, '9000', '8000', '7000');
    await rules.saw(DELETED);
    await assertShut(client, SERVER, 22, CLIENT);
    await connection.assertAlive();

    assert.equal((await knockd.stop()).code, 0);
    assert.equal(rules.count(ADDED), 1);
    assert.equal(rules.count(DELETED), 1);
  });

  test('openBITS with its 60 seconds opens; the pending close is carried out when the daemon is stopped', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await shutFirewall(server);
    await using rules = await watchRules(server);
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, openBits(60), '-i', 'eth0');

    await client.run(C_KNOCK, SERVER, ...BITS_KNOCK);
    await rules.saw(ADDED);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);

    assert.equal((await knockd.stop()).code, 0);
    await rules.saw(DELETED, 1, 2000);
    await assertShut(client, SERVER, 22, CLIENT);
  });

  test('openBITS closes again at its time, an established connection lives on', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await shutFirewall(server);
    await using rules = await watchRules(server);
    await using _service = await startService(server, 22);
    await using knockd = await startKnockd(server, directory, openBits(2), '-i', 'eth0');

    await client.run(C_KNOCK, SERVER, ...BITS_KNOCK);
    await rules.saw(ADDED);
    const opened = performance.now();
    await using connection = await Connection.open(client, SERVER, 22, CLIENT);
    await rules.saw(DELETED);
    const openFor = performance.now() - opened;
    assert.ok(openFor > 1800 && openFor < 3000, `open for ${openFor} ms instead of 2000`);
    await knockd.saw(/10\.7\.0\.2: openBITS: command timeout/);
    await assertShut(client, SERVER, 22, CLIENT);
    await connection.assertAlive();
    assert.equal(rules.count(DELETED), 1);
  });

  test('a knock at an open door extends its time: one rule, one close, counted from the last knock', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    await using rules = await watchRules(server);
    await using knockd = await startKnockd(server, directory, openBits(2), '-i', 'eth0');

    await client.run(C_KNOCK, SERVER, ...BITS_KNOCK);
    await rules.saw(ADDED);
    // Half of the door's time has to pass before the second knock.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await client.run(C_KNOCK, SERVER, ...BITS_KNOCK);
    const again = performance.now();
    await rules.saw(DELETED);
    const openFor = performance.now() - again;
    assert.ok(
      openFor > 1800 && openFor < 3000,
      `open for ${openFor} ms after the last knock instead of 2000`,
    );
    assert.equal((await knockd.stop()).code, 0);
    assert.equal(rules.count(ADDED), 1);
    assert.equal(rules.count(DELETED), 1);
  });
});
