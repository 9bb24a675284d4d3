/** The client with codes: typed, asked for, or made from a file; the server is the daemon, as in codes.test.ts. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';
import { BUSSA } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6 } from '../lab/wire.ts';
import { CodeFixture } from './code-fixture.ts';
import { shutFirewall } from './firewall.ts';

const [bussa = ''] = BUSSA;

function profiles(stage: CodeFixture, more = ''): string {
  const { directory } = stage;
  const file = directory.file(
    'hosts.conf',
    `Host box\n  HostName ${SERVER}\nHost box6\n  HostName ${SERVER6}\nHost *\n  Port 22\n  CodePorts 17 23\n${more}`,
  );
  chmodSync(file, 0o600);
  return file;
}

function codeFile(stage: CodeFixture, mode: number): string {
  const file = stage.directory.file('phone.code', `# bob's phone\n${stage.secret('alice')}\n`);
  chmodSync(file, mode);
  return file;
}

describe('the client knocks codes', { concurrency: 2 }, () => {
  test('one that is typed, with its blank; and as a pipe', async () => {
    await using stage = await CodeFixture.create({ users: { alice: '', bob: '' } });
    const { client } = stage.wire;
    const hosts = profiles(stage);
    const code = stage.code('alice', 1);
    const typed = `${code.slice(0, 3)} ${code.slice(3)}`;
    assert.match(
      await client.run(bussa, 'knock', 'box', '--code', typed, '-F', hosts),
      /port 22 of .* is open/,
    );
    await stage.knockd.saw(/: ssh: alice: OPEN SESAME \(code\)/);
    await assertOpen(client, SERVER, 22, CLIENT);
    const pipe = `echo hello | timeout 20 ${bussa} connect box6 -F ${hosts} --code ${stage.code('bob', 1)}`;
    await client.run('sh', '-c', pipe);
    await stage.knockd.saw(/fd07::2: ssh: bob: OPEN SESAME \(code\)/);
    for (const wrong of ['12345', '1234567', 'abcdef']) {
      const status = await client.status(bussa, 'knock', 'box', '--code', wrong, '-F', hosts);
      assert.equal(status, 2, wrong);
    }
    const none = stage.directory.file('none.conf', `Host box\n  HostName ${SERVER}\n`);
    chmodSync(none, 0o600);
    assert.equal(await client.status(bussa, 'knock', 'box', '--code', code, '-F', none), 78);
  });

  test('one that is asked for at the terminal', async () => {
    await using stage = await CodeFixture.create({ arrange: shutFirewall });
    const hosts = profiles(stage);
    const asking = `script -qec '${bussa} knock box -F ${hosts}' /dev/null`;
    await stage.wire.client.run(
      'sh',
      '-c',
      `(sleep 1; echo ${stage.code('alice', 1)}; sleep 20) | ${asking}`,
    );
    await stage.knockd.saw(/: ssh: alice: OPEN SESAME \(code\)/);
    await assertOpen(stage.wire.client, SERVER, 22, CLIENT);
  });

  test('one made from a file that nobody else can read; the other IP version gets the next code', async () => {
    await using stage = await CodeFixture.create();
    const { client } = stage.wire;
    const readable = profiles(stage, `  CodeFile ${codeFile(stage, 0o644)}\n`);
    assert.equal(await client.status(bussa, 'knock', 'box', '-F', readable), 78);
    await assertShut(client, SERVER, 22, CLIENT);
    const hosts = profiles(stage, `  CodeFile ${codeFile(stage, 0o600)}\n`);
    await stage.nextStep();
    await client.run(bussa, 'knock', 'box', '-F', hosts);
    await assertOpen(client, SERVER, 22, CLIENT);
    await client.run(bussa, 'knock', 'box6', '-F', hosts);
    await assertOpen(client, SERVER6, 22, CLIENT6);
    assert.equal(stage.knockd.count(/its time is over|it is wrong/g), 0, 'no code was wrong');
  });
});
