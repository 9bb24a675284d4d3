// What the daemon tells other programs: its service manager, the journal, whoever reads its log.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { READER, readDatagrams } from '../lab/datagram-reader.ts';
import { BUSSA, C_KNOCK, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { CLIENT, SERVER, STRANGER, Wire } from '../lab/wire.ts';

const DOOR = `[ssh]
  sequence = 7000,8000
  tcpflags = syn
`;

describe('what other programs receive', () => {
  test('systemd: ready, alive, reloading, ready again, stopping; the commands have none of it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const socket = directory.file('notify');
    await using manager = await readDatagrams(server, socket);
    const told = directory.file('told');
    const config = `${DOOR}  command = env > ${told}.new; mv ${told}.new ${told}; echo has run\n`;
    await using knockd = server.start(
      'env',
      `NOTIFY_SOCKET=${socket}`,
      'WATCHDOG_USEC=200000',
      ...knockdCommand(directory, config),
    );
    await manager.saw(/^READY=1\nSTATUS=listening on all interfaces; 1 door, 0 leases open\n--$/m);
    await manager.saw(/^WATCHDOG=1\nSTATUS=/m, 2);
    await client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/ssh: running command/);
    knockd.signal('SIGHUP');
    await manager.saw(/^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n/m);
    await manager.saw(/^READY=1\n/m, 2);
    assert.equal((await knockd.stop()).code, 0);
    await manager.saw(/^STOPPING=1\n/m);
    assert.doesNotMatch(readFileSync(told, 'utf8'), /NOTIFY_SOCKET|WATCHDOG/);
  });

  test('systemd: STATUS at each opening, extension, ban and closing, with no watchdog that sends it anyway', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const socket = directory.file('notify');
    await using manager = await readDatagrams(server, socket);
    const config = `${DOOR}  open = tcp/22\n  open_for = 60\n`;
    await using knockd = server.start('env', `NOTIFY_SOCKET=${socket}`, ...knockdCommand(directory, config));
    const bussa = (...words: readonly string[]): Promise<string> =>
      server.run(...(BUSSA as [string]), ...words, '--state', directory.path);
    const told = async (rest: string): Promise<string> => {
      const [, until = ''] = await manager.saw(
        new RegExp(`^STATUS=listening on all interfaces; 1 door, ${rest}\n--$`, 'm'),
      );
      return until;
    };
    await told('0 leases open');
    await client.run(C_KNOCK, SERVER, '7000', '8000');
    const first = await told('1 lease open until ([0-9-]*[ ]?\\d\\d:\\d\\d:\\d\\d)');
    await bussa('extend', 'ssh', CLIENT, '--for', '1h');
    await told(`1 lease open until (?!${first})[0-9: -]+`);
    await bussa('ban', '192.0.2.7');
    await told('1 lease open until [0-9: -]+, 1 ban');
    await bussa('open', 'ssh', STRANGER, '--for', '2m');
    await told('2 leases open, the last until [0-9: -]+, 1 ban');
    await bussa('unban', '192.0.2.7');
    await told('2 leases open, the last until [0-9: -]+');
    await bussa('close', 'ssh', CLIENT);
    await bussa('close', 'ssh', STRANGER);
    await manager.saw(/1 door, 0 leases open\n--$/m, 2);
    assert.equal((await knockd.stop()).code, 0);
  });

  test('Log_Format = json: every line is one value, with door and source of an opening', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const log = directory.file('log');
    const config = `[options]\n  logfile = ${log}\n  log_format = json\n${DOOR}  open = tcp/22\n  open_for = 60\n`;
    await using knockd = server.start(...knockdCommand(directory, config));
    await knockd.saw(/"event":"listening"/);
    await client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/"event":"opened"/);
    assert.equal((await knockd.stop()).code, 0);
    const lines = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const opened = lines.find(({ event }) => event === 'opened');
    const { time, ...rest } = opened;
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
    assert.deepEqual(rest, {
      level: 'notice',
      event: 'opened',
      source: '10.7.0.2',
      door: 'ssh',
      ports: 'tcp/22',
      seconds: 60,
      message: '10.7.0.2: ssh: opened tcp/22 for 60 s',
    });
    assert.ok(lines.every(({ level, message }) => typeof level === 'string' && typeof message === 'string'));
  });

  test('the journal: each line once, with its values as fields, and none twice by syslog', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    // A /run of this shell's own: ip-netns(8) has given it a mount namespace.
    const script = `mount -t tmpfs none /run && mkdir -p /run/systemd/journal && { perl -e "$0" /run/systemd/journal/socket & }
      while [ ! -S /run/systemd/journal/socket ]; do sleep 0.02; done
      JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) exec "$@"`;
    const config = `[options]\n  usesyslog\n${DOOR}  open = tcp/22\n  open_for = 60\n`;
    await using knockd = server.start('sh', '-c', script, READER, ...knockdCommand(directory, config));
    await knockd.saw(/^BUSSA_EVENT=listening$/m);
    await client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/^BUSSA_SECONDS=60$/m);
    const [entry = ''] = knockd.output.split('--\n').filter((text) => text.includes('BUSSA_EVENT=opened'));
    assert.deepEqual(entry.trimEnd().split('\n').sort(), [
      'BUSSA_DOOR=ssh',
      'BUSSA_EVENT=opened',
      'BUSSA_PORTS=tcp/22',
      'BUSSA_SECONDS=60',
      'BUSSA_SOURCE=10.7.0.2',
      'MESSAGE=10.7.0.2: ssh: opened tcp/22 for 60 s',
      'PRIORITY=5',
      'SYSLOG_FACILITY=3',
      'SYSLOG_IDENTIFIER=knockd',
    ]);
    assert.equal(knockd.count(/ssh: opened/g), 1);
  });

  test('Prometheus: at a port of the loopback interface, and after a reload at a socket', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const { client, server } = wire;
    const socket = directory.file('metrics');
    const config = (place: string): string =>
      `[options]\n  metrics = ${place}\n${DOOR}  open = tcp/22\n  open_for = 60\n`;
    await using knockd = await startKnockd(server, directory, config('127.0.0.1:9617'));
    await client.run(C_KNOCK, SERVER, '7000', '8000');
    await knockd.saw(/ssh: opened/);
    const request = 'GET /metrics HTTP/1.0\\r\\n\\r\\n';
    const ask = (...target: readonly string[]): Promise<string> =>
      server.run('sh', '-c', `printf '${request}' | nc -w 5 ${target.join(' ')}`);
    const answer = await ask('127.0.0.1', '9617');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /^bussa_door_opened_total\{door="ssh"\} 1$/m);
    assert.match(answer, /^bussa_door_leases\{door="ssh"\} 1$/m);
    directory.file('knockd.conf', config(socket));
    knockd.signal('SIGHUP');
    await knockd.saw(/re-reading config file/);
    const asked = `until [ -S ${socket} ]; do sleep 0.02; done; printf '${request}' | nc -w 5 -U ${socket}`;
    assert.match(await server.run('sh', '-c', asked), /^bussa_leases 1$/m);
    assert.notEqual(await server.status('nc', '-z', '127.0.0.1', '9617'), 0);
    assert.equal((await knockd.stop()).code, 0);
    assert.equal(existsSync(socket), false);
  });

  test('reloads leave no descriptor open', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const config = `[options]\n  logfile = ${directory.file('log')}\n${DOOR}`;
    await using knockd = await startKnockd(wire.server, directory, config);
    const reload = async (nth: number): Promise<number> => {
      knockd.signal('SIGHUP');
      await knockd.saw(/listening on all interfaces\.\.\.\n/, nth + 1);
      return Number(await wire.server.run('sh', '-c', `ls /proc/${knockd.pid}/fd | wc -l`));
    };
    const first = await reload(1);
    await reload(2);
    assert.equal(await reload(3), first);
    assert.equal((await knockd.stop()).code, 0);
  });
});
