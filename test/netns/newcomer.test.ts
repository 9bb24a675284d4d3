/**
 * As somebody new to it would: what README says, typed with the default paths, and the lines as they are printed. From
 * nothing to ssh through a signed knock: `bussa init` and `bussa user add` on the server, `bussa host add` on the client.
 *
 *     client                          server
 *     eth0 10.7.0.2            ────   eth0 10.7.0.1
 *     a home of its own, ssh          an /etc, /var/lib and /run of its own, bussa up, sshd on 22
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { describe, test } from 'node:test';
import type { Program } from '../lab/program.ts';
import { assertShut } from '../lab/service.ts';
import { makeKey } from '../lab/ssh-agent.ts';
import { CLIENT, SERVER } from '../lab/wire.ts';
import { ClientFixture } from './client-fixture.ts';
import { withMounts } from './mount-prefixes.ts';
import { BUSSA } from './up-fixture.ts';

describe('a newcomer', () => {
  test('is in by a signed knock after two commands on the server and one on the client; a lost laptop is out after one', async () => {
    await using stage = await ClientFixture.create();
    const { directory, wire } = stage;
    const places = ['/etc', '/var/lib', '/run'].map((path) => {
      const own = directory.file(path.slice(1).replace('/', '-'));
      if (path === '/etc') cpSync(path, own, { recursive: true, verbatimSymlinks: true });
      else mkdirSync(own);
      return [own, path] as const;
    });
    rmSync(directory.file('etc/knockd.conf'), { force: true });
    const home = directory.file('home');
    mkdirSync(`${home}/.ssh`, { recursive: true, mode: 0o700 });
    makeKey(`${home}/.ssh/id_ed25519`);
    cpSync(`${home}/.ssh/id_ed25519.pub`, directory.file('alice.pub'));
    const onServer = (...words: readonly string[]): Program => {
      const [program = '', ...rest] = [...withMounts(places), BUSSA, ...words];
      return wire.server.start(program, ...rest);
    };
    const said = async (program: Program, code = 0): Promise<string> => {
      await using running = program;
      assert.equal((await running.exited).code, code, running.output);
      return running.output;
    };
    const onClient = (command: string): Program =>
      wire.client.start(
        'env',
        `HOME=${home}`,
        'SSH_AUTH_SOCK=',
        `PATH=${BUSSA.replace(/\/bussa$/, '')}:${process.env.PATH}`,
        'sh',
        '-c',
        command,
      );

    await using _sshd = await stage.startSshd();
    cpSync(`${home}/.ssh/id_ed25519.pub`, `${directory.file('key')}.pub`);
    await said(onServer('init', '--yes', '--host', SERVER));
    await using daemon = onServer('up');
    await daemon.saw(/listening on .*\.\.\.\n/);
    const added = await said(onServer('user', 'add', 'alice', directory.file('alice.pub'), '--host', SERVER));
    const [, line = ''] = /^ {4}(bussa host add .*)$/m.exec(added) ?? assert.fail(added);
    await assertShut(wire.client, SERVER, 22, CLIENT);
    const next = await said(onClient(line));

    // The proxy command as host add prints it, or as ssh_config has it.
    const options = [
      'BatchMode=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'LogLevel=ERROR',
      `IdentityFile=${home}/.ssh/id_ed25519`,
    ];
    const ssh = `ssh -F none ${options.map((one) => `-o ${one}`).join(' ')} -o 'ProxyCommand=bussa connect %n %p' ${userInfo().username}@${SERVER} echo inside`;
    const first = await said(onClient(ssh));
    assert.match(first, /^inside$/m, next);
    await daemon.saw(/10\.7\.0\.2: ssh: alice: OPEN SESAME \(key/);
    // The profile has nothing but the card.
    await said(onServer('close', '--all'));
    await daemon.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22/);
    const doctor = await said(onClient(`bussa doctor --from-client ${SERVER}`));
    assert.match(doctor, /^ok +opened: port 22 .* is open after it$/m);
    assert.match(doctor, /^no problem$/m);

    const out = await said(onServer('user', 'remove', 'alice'));
    assert.match(out, /alice is removed/);
    await daemon.saw(/10\.7\.0\.2: ssh: alice: closed tcp\/22, its user may no longer open it/);
    await assertShut(wire.client, SERVER, 22, CLIENT);
    await using again = onClient(ssh.replace('connect %n', 'connect -v %n'));
    assert.notEqual((await again.exited).code, 0);
    assert.match(again.output, /has not replied|refuses/);
    await assertShut(wire.client, SERVER, 22, CLIENT);
  });
});
