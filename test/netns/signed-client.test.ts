/**
 * As a new user would: `bussa user add` on the server, `bussa host add` on the client, and ssh through a signed knock.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     ssh, bussa connect              bussa up, sshd on 22
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { AgentProcess, makeKey } from '../lab/ssh-agent.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { SettableClock } from './settable-clock.ts';
import { BUSSA } from './up-fixture.ts';

/** What most hosts that hide do: nothing that has not been asked for is answered. */
const DROP = `table inet walls { chain input {
  type filter hook input priority 10; policy drop;
  ct state established,related accept
  meta l4proto { icmp, ipv6-icmp } accept
  tcp dport 22 accept
}
}`;

const codeOf = async (program: Program): Promise<number | null> => (await program.exited).code;

/** A daemon whose door takes the key of `key`, and a client that has the server's card. */
async function openFixture(stage: ClientFixture, options = ''): Promise<Program> {
  const { directory, wire } = stage;
  makeKey(directory.file('alice'));
  const config = `[options]
  Users_File = ${directory.file('users.conf')}
  Server_Key = ${directory.file('server.key')}

[ssh]
  sequence = 7000,8000,9000
  tcpflags = syn
  open = tcp/22
  open_for = 20
${options}`;
  const daemon = await stage.startDaemon(config);
  const words = ['user', 'add', 'alice', `${directory.file('alice')}.pub`, '--door', 'ssh', '--host', SERVER];
  const place = ['-c', directory.file('knockd.conf'), '--state', directory.path];
  const added = await wire.server.run(BUSSA, ...words, ...place);
  const [, card = ''] = /bussa host add \S+ (bussa1-\S+)/.exec(added) ?? assert.fail(added);
  writeFileSync(stage.hosts, '', { mode: 0o600 });
  for (const [name, address] of [
    ['box', SERVER],
    ['box6', SERVER6],
  ] as const) {
    const profile = ['--address', address, '--port', '22', '--identity', directory.file('alice')];
    await wire.client.run(BUSSA, 'host', 'add', name, card, '-F', stage.hosts, ...profile);
  }
  return daemon;
}

describe('signed knocks from the client to the daemon', { concurrency: 2 }, () => {
  test('two commands on the server, one on the client, and ssh gets in, over IPv4 and IPv6', async () => {
    await using stage = await ClientFixture.create();
    await using daemon = await openFixture(stage);
    await using sshd = await stage.startSshd();
    await stage.wire.server.run('nft', DROP);
    for (const name of ['box', 'box6']) {
      await using there = stage.ssh(`${BUSSA} connect -v -F ${stage.hosts} %n %p`, name, 'echo inside');
      assert.equal(await codeOf(there), 0, `${there.output}${sshd.output}`);
      assert.match(there.output, /^inside$/m);
      assert.match(there.output, /with the key/);
    }
    for (const source of [CLIENT, CLIENT6]) await daemon.saw(new RegExp(`${source}: ssh: .*OPEN SESAME`));
  });

  test('bussa knock says what the server says', async () => {
    await using stage = await ClientFixture.create();
    await using _daemon = await openFixture(stage);
    await using _service = await startService(stage.wire.server, 22);
    await using program = stage.bussa('knock', '-F', stage.hosts, 'box', '--json');
    assert.equal(await codeOf(program), 0, program.output);
    const { open, port } = JSON.parse(program.output);
    assert.deepEqual({ open, port }, { open: true, port: 22 });

    writeFileSync(stage.hosts, (await readProfile(stage)).replaceAll(/ *Port 22\n/g, ''));
    await using alone = stage.bussa('knock', '-F', stage.hosts, 'box6');
    assert.equal(await codeOf(alone), 0, alone.output);
    assert.match(alone.output, /the server says: open for \d+ s, your address is fd07::2/);
  });

  test('a client whose clock is off by hours gets in by the challenge', async () => {
    await using stage = await ClientFixture.create();
    await using _daemon = await openFixture(stage);
    writeFileSync(stage.hosts, (await readProfile(stage)).replaceAll(/ *Port 22\n/g, ''));
    const clock = new SettableClock(stage.directory);
    for (const [shift, words] of [
      ['-10800', /your clock is 3 h behind the server/],
      ['+10800', /your clock is 3 h ahead of the server/],
    ] as const) {
      clock.set(shift);
      const [env = '', ...prefix] = clock.prefix;
      const command = [...prefix, BUSSA, 'knock', '-F', stage.hosts, 'box'];
      await using program = stage.wire.client.start(env, ...command);
      assert.equal(await codeOf(program), 0, program.output);
      assert.match(program.output, words);
      assert.match(program.output, /the server says: open/);
    }
  });

  test('by an agent; a user who is off is not let in, and the person hears what to look at', async () => {
    await using stage = await ClientFixture.create();
    await using daemon = await openFixture(stage);
    const { directory, wire } = stage;
    writeFileSync(stage.hosts, (await readProfile(stage)).replaceAll(/ *(Port 22|IdentityFile \S+)\n/g, ''));
    await using agent = await AgentProcess.start(directory.file('agent'));
    agent.add(directory.file('alice'));
    const knock = (): Program =>
      wire.client.start('env', `SSH_AUTH_SOCK=${agent.socket}`, BUSSA, 'knock', '-F', stage.hosts, 'box');
    await using first = knock();
    assert.equal(await codeOf(first), 0, first.output);
    const place = ['-c', directory.file('knockd.conf'), '--state', directory.path];
    await wire.server.run(BUSSA, 'user', 'off', 'alice', ...place);
    await daemon.saw(/closed tcp\/22|revoked/);
    await using second = knock();
    assert.equal(await codeOf(second), 1);
    assert.match(second.output, /the server refuses|has not replied/);
  });
});

async function readProfile(stage: ClientFixture): Promise<string> {
  return stage.wire.client.run('cat', stage.hosts);
}
