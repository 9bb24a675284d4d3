/**
 * Directives of the configuration, one by one, on real packets.
 *
 *     client                        server
 *     eth0 10.7.0.2 fd07::2   ────  eth0 10.7.0.1 fd07::1, knockd
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { follow } from '../lab/program.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, Wire } from '../lab/wire.ts';

describe('directives', { concurrency: 4 }, () => {
  test('target: only packets to that address count, own or not', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    await wire.client.ip('route add 10.99.0.5/32 via 10.7.0.1');
    const config = `[forwarded]
  target   = 10.99.0.5
  sequence = 7000,8000,9000

[own]
  sequence = 7000,8000,9000
`;
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    await wire.client.run(C_KNOCK, '10.99.0.5', '7000', '8000', '9000');
    await knockd.saw(/10\.7\.0\.2: forwarded: OPEN SESAME/);
    assert.equal(knockd.count(/: own: Stage/g), 0);

    await wire.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await knockd.saw(/10\.7\.0\.2: own: OPEN SESAME/);
    assert.equal(knockd.count(/: forwarded: Stage 1/g), 1);
  });

  test('one_time_sequences: each opens once, is struck out in the file, and the door closes when all are used', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const sequences = directory.file('sequences', '# secret\n7001,7002,7003\n\n7005:udp,7006:udp\n');
    const config = `[once]\n  one_time_sequences = ${sequences}\n  seq_timeout = 5\n`;
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');

    await wire.client.run(C_KNOCK, SERVER, '7001', '7002', '7003');
    await knockd.saw(/10\.7\.0\.2: once: OPEN SESAME/);
    await wire.client.run(C_KNOCK, SERVER, '7001', '7002', '7003');
    await fence(knockd, wire.client, SERVER);
    assert.equal(knockd.count(/once: OPEN SESAME/g), 1, 'a used sequence opens nothing');
    // knockd 0.8 writes its mark over the first character of the line.
    assert.match(readFileSync(sequences, 'utf8'), /^# secret\n#7?001,7002,7003\n\n7005:udp,7006:udp\n$/);

    await wire.client.run(C_KNOCK, '-u', SERVER, '7005', '7006');
    await knockd.saw(/10\.7\.0\.2: once: OPEN SESAME/, 2);
    await knockd.saw(/no more sequences left .*once/);
    assert.match(readFileSync(sequences, 'utf8'), /^# secret\n#7?001,7002,7003\n\n#7?005:udp,7006:udp\n$/);
    await wire.client.run(C_KNOCK, '-u', SERVER, '7005', '7006');
    await fence(knockd, wire.client, SERVER);
    assert.equal(knockd.count(/once: OPEN SESAME/g), 2);
    assert.equal(statSync(sequences).mode & 0o777, 0o600, 'the mode is kept');
  });

  test('commands of IPv6: their own, none when empty, those of IPv4 when absent', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    const config = `[own]
  sequence = 7000
  start_command = echo own4 %IP% >> ${done}
  start_command_6 = echo own6 %IP% >> ${done}
  cmd_timeout = 1
  stop_command = echo stop4 %IP% >> ${done}
  stop_command_6 = echo stop6 %IP% >> ${done}

[empty]
  sequence = 7001
  command = echo empty4 %IP% >> ${done}
  command_6 =

[absent]
  sequence = 7002
  COMMAND = echo absent %IP% %IP% >> ${done}
`;
    await using lines = follow(done);
    await using _knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    for (const host of [SERVER, SERVER6]) {
      for (const port of ['7000', '7001', '7002']) await wire.client.run(C_KNOCK, host, port);
    }
    for (const line of [
      `own4 ${CLIENT}`,
      `own6 ${CLIENT6}`,
      `empty4 ${CLIENT}`,
      `absent ${CLIENT} ${CLIENT}`,
      `absent ${CLIENT6} ${CLIENT6}`,
      `stop4 ${CLIENT}`,
      `stop6 ${CLIENT6}`,
    ]) {
      await lines.saw(new RegExp(`^${line}$`, 'm'));
    }
    assert.equal(lines.count(/empty4/g), 1);
  });

  test('LogFile and PidFile: dated lines in knockd’s words, no blank ones', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const log = directory.file('knockd.log');
    const config = `[Options]
\tLogFile = ${log}
\tinterface = eth0

[door]
\tSEQUENCE\t=\t7000,8000\t
  command = true
`;
    await using knockd = await startKnockd(wire.server, directory, config.replace('[Options]', '[options]'));
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000');
    await fence(knockd, wire.client, SERVER);
    assert.equal((await knockd.stop()).code, 0);
    const lines = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    for (const line of lines) assert.match(line, /^\[\d{4}-\d\d-\d\d \d\d:\d\d\] \S/);
    const words = lines.map((line) => line.slice(19)).filter((line) => !line.includes('fence'));
    assert.deepEqual(words, [
      'starting up, listening on eth0',
      '10.7.0.2: door: Stage 1',
      '10.7.0.2: door: Stage 2',
      '10.7.0.2: door: OPEN SESAME',
      'door: running command: true',
      'shutting down',
    ]);
    assert.equal(existsSync(directory.file('knockd.pid')), false, 'a pid file is the daemon mode’s alone');
  });

  test('UseSyslog: libc’s syslog carries the lines to /dev/log', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const dev = directory.file('dev');
    // `ip netns exec` gives every program a mount namespace of its own: only this daemon sees this /dev.
    const script = `
      mkdir "$0"; for d in null zero random urandom; do : > "$0/$d"; mount --bind /dev/$d "$0/$d"; done
      nc -lkuU "$0/log" < /dev/null & while ! [ -S "$0/log" ]; do sleep 0.02; done
      mount --bind "$0" /dev; exec "$@"`;
    const command = knockdCommand(
      directory,
      '[options]\n UseSyslog\n[door]\n sequence = 7000\n',
      '-i',
      'eth0',
    );
    await using knockd = wire.server.start('sh', '-c', script, dev, ...command);
    await knockd.saw(/listening on eth0/);
    await knockd.saw(/<29>\w+ +\d+ [\d:]+ knockd: starting up, listening on eth0/);
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await knockd.saw(/<29>\w+ +\d+ [\d:]+ knockd: 10\.7\.0\.2: door: OPEN SESAME/);
  });

  test('a failing command is logged with its exit status or signal and the last line of its standard error', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const config = `[status]
  sequence = 7000
  command = echo first >&2; echo cannot do that >&2; exit 3

[signal]
  sequence = 7001
  command = echo about to die >&2; kill -KILL $$
`;
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000');
    await knockd.saw(/status: .*\b3\b.*cannot do that/);
    await wire.client.run(C_KNOCK, SERVER, '7001');
    await knockd.saw(/signal: .*(SIGKILL|signal 9|\b9\b).*about to die/);
  });

  test('a command that hangs holds up neither the capture nor other commands', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    const config = `[hangs]
  sequence = 7000
  command = sleep 60

[door]
  sequence = 7001
  command = echo done >> ${done}
`;
    await using lines = follow(done);
    await using _knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    for (let i = 0; i < 3; i++) await wire.client.run(C_KNOCK, SERVER, '7000');
    await wire.client.run(C_KNOCK, SERVER, '7001');
    await lines.saw(/done/, 1, 5000);
  });
});
