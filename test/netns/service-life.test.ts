/**
 * The daemon as a service: -d, signals, reload.
 *
 *     client                 server
 *     eth0 10.7.0.2    ────  eth0 10.7.0.1, knockd
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { follow, Program } from '../lab/program.ts';
import { SERVER, SERVER6, Wire } from '../lab/wire.ts';

const door = (name: string, sequence: string): string => `[${name}]\n  sequence = ${sequence}\n\n`;

describe('the daemon as a service', { concurrency: 4 }, () => {
  test('-d: the parent ends with 0 when the daemon listens, and the pid file names the daemon', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const [log, pidFile] = [directory.file('log'), directory.file('pid')];
    const command = knockdCommand(
      directory,
      door('door', '7000'),
      '-d',
      '-i',
      'eth0',
      '-g',
      log,
      '-p',
      pidFile,
    );
    await using parent = wire.server.start(...command);
    assert.deepEqual(await parent.exited, { code: 0, signal: null });

    assert.match(readFileSync(log, 'utf8'), /starting up, listening on eth0/, 'it listens already');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    assert.notEqual(pid, parent.pid);
    assert.ok((await wire.server.pids()).includes(pid));
    assert.match(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) [RSD] \d+ \d+ \d+ 0 /, 'no terminal');
    assert.equal(readFileSync(`/proc/${pid}/comm`, 'utf8').length > 0, true);

    await using lines = follow(log);
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await lines.saw(/10\.7\.0\.2: door: OPEN SESAME/);
    process.kill(pid, 'SIGTERM');
    await lines.saw(/shutting down/);
    await using gone = new Program('tail', ['-f', '/dev/null', `--pid=${pid}`]);
    await gone.exited;
    assert.equal(existsSync(pidFile), false, 'the pid file goes with the daemon');
  });

  test('-d: a daemon that cannot start has a parent that says so', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const pidFile = directory.file('pid');
    const bad = knockdCommand(directory, '[door]\n  sequence = 7000,abc\n', '-d', '-p', pidFile);
    await using parent = wire.server.start(...bad);
    assert.equal((await parent.exited).code, 78);
    assert.match(parent.output, /knockd\.conf:2:\d+: .*abc/);
    assert.equal(existsSync(pidFile), false);
    assert.deepEqual(await wire.server.pids(), [], 'nothing is left running');

    const twice = knockdCommand(directory, door('door', '7000'), '-i', 'eth0', '-d', '-p', pidFile);
    await using first = wire.server.start(...twice);
    assert.equal((await first.exited).code, 0);
    const pids = await wire.server.pids();
    await using second = wire.server.start(...twice);
    assert.equal((await second.exited).code, 1);
    assert.match(second.output, /already runs with this configuration/);
    assert.deepEqual(await wire.server.pids(), pids, 'the first one runs on, the second is gone');
    assert.equal(readFileSync(pidFile, 'utf8'), `${pids[0]}\n`);
  });

  test('HUP: a good file replaces the doors, and attempts of unchanged doors go on', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const before = door('kept', '7000,7001,7002') + door('gone', '7100');
    await using knockd = await startKnockd(wire.server, directory, before, '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000', '7001');
    await knockd.saw(/kept: Stage 2/);

    const after = door('added', '7200') + door('kept', '7000,7001,7002') + door('fence', '65000:udp');
    directory.file('knockd.conf', after);
    knockd.signal('SIGHUP');
    await knockd.saw(/re-reading config file/);
    for (let i = 0; i < 20 && knockd.count(/added: OPEN SESAME/g) === 0; i++) {
      // From another address: the knock would end the attempt at the other door.
      await wire.client.run(C_KNOCK, SERVER6, '7200');
      await knockd.saw(/added: OPEN SESAME/, 1, 250).catch(() => undefined);
    }
    await wire.client.run(C_KNOCK, SERVER, '7002', '7100');
    await knockd.saw(/kept: OPEN SESAME/);
    await fence(knockd, wire.client, SERVER);
    assert.equal(knockd.count(/gone: /g), 0);
  });

  test('HUP: a bad file is an error in the log and the old doors stay', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const log = directory.file('log');
    await using knockd = await startKnockd(
      wire.server,
      directory,
      door('old', '7000'),
      '-i',
      'eth0',
      '-g',
      log,
    );
    await using lines = follow(log);
    directory.file('knockd.conf', `${door('new', '7100')}[broken]\n  sequence = 70000\n`);
    knockd.signal('SIGHUP');
    await lines.saw(/knockd\.conf:5:\d+: .*70000/);

    await wire.client.run(C_KNOCK, '-d', '20', SERVER, '7100', '7000');
    await knockd.saw(/old: OPEN SESAME/);
    assert.equal(knockd.count(/new: /g), 0);
    assert.ok(knockd.running);
  });

  test('HUP: the log file is opened again after logrotate has moved it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const log = directory.file('log');
    await using knockd = await startKnockd(
      wire.server,
      directory,
      door('door', '7000'),
      '-i',
      'eth0',
      '-g',
      log,
    );
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await knockd.saw(/door: OPEN SESAME/);
    renameSync(log, `${log}.1`);
    knockd.signal('SIGHUP');
    await using lines = follow(log);
    await lines.saw(/re-opening log file|re-reading config file/);
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await lines.saw(/door: OPEN SESAME/);
    assert.equal(readFileSync(`${log}.1`, 'utf8').match(/OPEN SESAME/g)?.length, 1);
  });

  test('USR1 does nothing: no debugger, no end', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await using knockd = await startKnockd(wire.server, directory, door('door', '7000'), '-i', 'eth0');
    knockd.signal('SIGUSR1');
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await knockd.saw(/door: OPEN SESAME/);
    assert.equal((await wire.server.run('ss', '-Hltn')).trim(), '', 'nothing listens on TCP');
    assert.doesNotMatch(knockd.output, /[Dd]ebugger/);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal}: every pending close is carried out, then exit status 0`, async () => {
      await using wire = await Wire.create();
      using directory = new WorkDirectory();
      const done = directory.file('done');
      const closing = (name: string, port: number): string =>
        `${door(name, `${port}`)}  command = echo open ${name} >> ${done}\n  cmd_timeout = 3600\n` +
        `  stop_command = sleep 0.2; echo close ${name} >> ${done}\n\n`;
      const names = ['a', 'b', 'c', 'd', 'e'];
      const config = names.map((name, i) => closing(name, 7000 + i)).join('');
      await using lines = follow(done);
      await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
      for (const i of names.keys()) await wire.client.run(C_KNOCK, SERVER, `${7000 + i}`);
      await lines.saw(/open/g, names.length);

      assert.deepEqual(await knockd.stop(signal), { code: 0, signal: null });
      const text = readFileSync(done, 'utf8');
      for (const name of names) assert.equal(text.split(`close ${name}\n`).length, 2, `close ${name} once`);
      assert.match(knockd.output, /closing\.\.\./);
    });
  }
});
