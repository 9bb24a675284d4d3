/**
 * The client that knows it worked: `bussa connect` and `bussa knock`, at a real sshd behind a real door.
 *
 *     client                          server
 *     eth0 10.7.0.2  fd07::2  ──────  eth0 10.7.0.1  fd07::1
 *     ssh, bussa connect              bussa up, sshd on 22
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Program } from '../lab/program.ts';
import { startService } from '../lab/service.ts';
import { CLIENT, SERVER, SERVER6 } from '../lab/wire.ts';
import { ClientFixture, PROFILE, SSH_DOOR } from './client-fixture.ts';
import { BUSSA } from './up-fixture.ts';

const codeOf = async (program: Program): Promise<number | null> => (await program.exited).code;

describe('bussa connect', { concurrency: 2 }, () => {
  test('ssh through a hidden port: ProxyCommand bussa connect %h %p, and %n', async () => {
    await using stage = await ClientFixture.create();
    await using sshd = await stage.startSshd();
    await using daemon = await stage.startDaemon();
    // The profile of the address, which is what %h is.
    writeFileSync(stage.hosts, `${PROFILE}\nHost ${SERVER}\n  Knock 7000 8000:udp 9000\n`);
    const direct = await stage.wire.client.status('nc', '-z', '-w', '1', SERVER, '22');
    assert.notEqual(direct, 0, 'the port must be hidden');

    const blob = stage.directory.file('blob');
    writeFileSync(blob, randomBytes(6 << 20));
    const sum = createHash('sha256').update(readFileSync(blob)).digest('hex');
    const proxy = `${BUSSA} connect -F ${stage.hosts} %h %p`;
    await using there = stage.ssh(proxy, SERVER, `sha256sum < ${blob}; exit 3`);
    assert.equal(await codeOf(there), 3, `${there.output}${sshd.output}`);
    assert.match(there.output, new RegExp(sum));
    assert.equal(daemon.count(/OPEN SESAME/g), 1);

    // Through the name of the profile; the port is open yet, and nothing is knocked.
    await using back = stage.ssh(`${BUSSA} connect -F ${stage.hosts} %n %p`, 'box', `base64 ${blob}`);
    assert.equal(await codeOf(back), 0, back.output.slice(0, 400));
    const received = createHash('sha256').update(Buffer.from(back.output, 'base64')).digest('hex');
    assert.equal(received, sum);
    assert.equal(daemon.count(/OPEN SESAME/g), 1);
  });

  test('a knock that is lost is repeated', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon();
    const ruleset = `table netdev lossy {
      chain in {
        type filter hook egress device "eth0" priority 0;
        udp dport 8000 numgen inc mod 1000 < 1 drop
      }
    }`;
    await stage.wire.client.run('nft', ruleset);
    await using program = stage.bussa('connect', '-v', '-F', stage.hosts, 'box');
    await program.saw(/welcome/);
    assert.equal(program.count(/knocking at/g), 2);
    assert.equal(daemon.count(/OPEN SESAME/g), 1);
    program.write('there\n');
    await program.saw(/^there$/m);
  });

  test('where nothing answers over one family, the other is knocked at', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using _daemon = await stage.startDaemon();
    const ruleset = `table netdev deaf {
      chain out {
        type filter hook egress device "eth0" priority 0;
        meta protocol ip6 tcp dport 7000 drop
      }
    }`;
    await stage.wire.client.run('nft', ruleset);
    const names = stage.directory.file('names', `${SERVER6} both.test\n${SERVER} both.test\n`);
    writeFileSync(stage.hosts, PROFILE.replace(SERVER, 'both.test'));
    const line = 'mount --bind "$0" /etc/hosts && exec "$@"';
    const words = [names, BUSSA, 'connect', '-v', '-F', stage.hosts, 'box'];
    await using program = stage.wire.client.start('unshare', '--mount', 'sh', '-c', line, ...words);
    await program.saw(/welcome/);
    assert.match(program.output, new RegExp(`welcome .*${CLIENT.replaceAll('.', '\\.')}`));
    assert.match(program.output, /knocking at fd07::1\n(?:.*\n)*?.*knocking at 10\.7\.0\.1\n/);
  });

  test('a port that stays closed: status 1 in time, and what came back', async () => {
    await using stage = await ClientFixture.create();
    await using _daemon = await stage.startDaemon();
    writeFileSync(stage.hosts, `${PROFILE.replace('9000', '9001')}  Timeout 4s\n`);
    await using program = stage.bussa('connect', '-F', stage.hosts, 'box');
    assert.equal(await codeOf(program), 1);
    assert.match(
      program.output,
      /^bussa: port 22 of 10\.7\.0\.1 does not answer after (a knock|\d knocks)$/m,
    );
    assert.match(program.output, /bussa doctor --from-client box/);
    assert.doesNotMatch(program.output, /7000/);
  });
});

describe('bussa knock', { concurrency: 2 }, () => {
  test('waits until the port is open, then runs the command, which has the terminal; its status is passed on', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using daemon = await stage.startDaemon();
    const knock = (...words: readonly string[]): Program =>
      stage.bussa('knock', '-F', stage.hosts, 'box', ...words);

    await using plain = knock('--json');
    assert.equal(await codeOf(plain), 0, plain.output);
    assert.deepEqual(JSON.parse(plain.output), {
      profile: 'box',
      address: SERVER,
      port: 22,
      open: true,
      knocks: 1,
    });
    assert.equal(daemon.count(/OPEN SESAME/g), 1);

    await using seven = knock('--then', `nc -N ${SERVER} 22 </dev/null; exit 7`);
    assert.equal(await codeOf(seven), 7, seven.output);
    assert.match(seven.output, /welcome/);
    await using killed = knock('--then', 'kill -TERM $$');
    assert.equal(await codeOf(killed), 143);

    await using fed = knock('--then', 'read word; echo "got $word"');
    fed.write('input\n');
    await fed.saw(/^got input$/m);

    const line = `${BUSSA} knock -F ${stage.hosts} box --then "sh -c 'test -t 0 && test -t 1 && echo a terminal; exit 4'"`;
    await using terminal = stage.wire.client.start('script', '-qec', line, '/dev/null');
    assert.equal(await codeOf(terminal), 4, terminal.output);
    assert.match(terminal.output, /a terminal/);
  });

  test('Ctrl-C is the command’s, and SIGTERM is handed on', async () => {
    await using stage = await ClientFixture.create();
    await using _service = await startService(stage.wire.server, 22);
    await using _daemon = await stage.startDaemon();
    for (const [signal, code] of [
      ['SIGINT', 9],
      ['SIGTERM', 8],
    ] as const) {
      const script = 'trap "exit 8" TERM; echo ready; read word; exit 9';
      await using program = stage.bussa('knock', '-F', stage.hosts, 'box', '--then', script);
      await program.saw(/^ready$/m);
      program.signal(signal);
      if (signal === 'SIGINT') program.write('go\n');
      assert.equal(await codeOf(program), code);
    }
  });

  test('a port that stays closed: the command is not run', async () => {
    await using stage = await ClientFixture.create();
    await using _daemon = await stage.startDaemon();
    writeFileSync(stage.hosts, `${PROFILE.replace('9000', '9001')}  Retries 0\n`);
    await using program = stage.bussa('knock', '-F', stage.hosts, 'box', '--then', 'echo never');
    assert.equal(await codeOf(program), 1);
    assert.doesNotMatch(program.output, /^never$/m);
  });

  test('the sequence appears neither in the list of processes nor in an environment', async () => {
    await using stage = await ClientFixture.create();
    writeFileSync(stage.hosts, PROFILE.replace('20ms', '30s').replace('7000', '47123'));
    await using program = stage.bussa('knock', '-v', '-F', stage.hosts, 'box');
    await program.saw(/knocking/);
    const pids = await stage.wire.client.pids();
    assert.ok(pids.length > 0);
    for (const pid of pids) {
      for (const file of ['cmdline', 'environ', 'comm']) {
        assert.doesNotMatch(readFileSync(`/proc/${pid}/${file}`, 'latin1'), /47123/);
      }
    }
    assert.ok(readdirSync(stage.directory.path).includes('hosts.conf'));
  });

  test('a profile that others can read is refused, with the command that fixes it', async () => {
    await using stage = await ClientFixture.create();
    for (const mode of [0o644, 0o640, 0o604, 0o620]) {
      chmodSync(stage.hosts, mode);
      await using program = stage.bussa('knock', '-F', stage.hosts, 'box');
      assert.equal(await codeOf(program), 78);
      const [, command = ''] = await program.saw(/: (chmod 600 .*)$/m);
      await stage.wire.client.run('sh', '-c', command);
      await using listed = stage.bussa('knock', '-F', stage.hosts, '--list', '--json');
      assert.equal(await codeOf(listed), 0);
      assert.deepEqual(JSON.parse(listed.output), [{ profile: 'box', host: SERVER, port: 22, knocks: true }]);
    }
  });

  test('mistakes: of the file, and of what it lacks', async () => {
    await using stage = await ClientFixture.create();
    writeFileSync(stage.hosts, 'Host box\n  Knok 1 2 3\n');
    await using wrong = stage.bussa('knock', '-F', stage.hosts, 'box');
    assert.equal(await codeOf(wrong), 78);
    assert.match(wrong.output, /hosts\.conf:2:3: unknown keyword "Knok": did you mean Knock\?/);
    writeFileSync(stage.hosts, 'Host other\n  Knock 1 2 3\n');
    await using missing = stage.bussa('knock', '-F', stage.hosts, 'box');
    assert.equal(await codeOf(missing), 78);
    const both =
      /: for a sequence, .*Host box and Knock 7000 .*; for a knock signed by your SSH key, run bussa host add box CARD/;
    assert.match(missing.output, new RegExp(`has no Knock for 'box', no Card.*${both.source}`));
    const nowhere = stage.directory.file('nowhere.conf');
    for (const verb of [['knock'], ['doctor', '--from-client']]) {
      await using without = stage.bussa(...verb, 'box', '-F', nowhere);
      assert.equal(await codeOf(without), 78, without.output);
      assert.match(without.output, new RegExp(`there is no ${nowhere}${both.source}`));
    }
    await using nobody = stage.bussa('knock', '-F', stage.hosts);
    assert.equal(await codeOf(nobody), 2);
    writeFileSync(stage.hosts, SSH_DOOR);
    await using foreign = stage.bussa('knock', '--list', '-F', stage.hosts);
    assert.equal(await codeOf(foreign), 78);
  });
});
