/** What the real daemon does with files that others can read, or write, or that it cannot use. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, knockdCommand, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { SERVER, Wire } from '../lab/wire.ts';
import { BUSSA } from './up-fixture.ts';

const READABLE = /everybody can read the knocks in it \(mode 0644\): chmod o-rwx \/\S+knockd\.conf/g;
const LISTENS = /listening on .*\.\.\.\n/;

describe('a configuration that everybody can read', { concurrency: 2 }, () => {
  test('is started with, and warned of once; again when it is new at a reload; written by others it is refused', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const file = directory.file('knockd.conf');
    const [command, ...args] = knockdCommand(
      directory,
      '[open]\n  sequence = 7001,7002,7003\n',
      '-i',
      'eth0',
    );
    chmodSync(file, 0o644);
    await using knockd = wire.server.start(command, ...args);
    await knockd.saw(LISTENS);
    assert.equal(knockd.count(READABLE), 1);
    let reloads = 0;
    const reload = async (): Promise<void> => {
      reloads++;
      knockd.signal('SIGHUP');
      await knockd.saw(/re-reading config file: [\s\S]*?(?:listening on|stays in force|kept)/, reloads);
    };
    await reload();
    assert.equal(knockd.count(READABLE), 1, 'it is no news');
    chmodSync(file, 0o640);
    await reload();
    chmodSync(file, 0o644);
    await reload();
    assert.equal(knockd.count(READABLE), 2, 'it is new again');
    await wire.client.run(C_KNOCK, SERVER, '7001', '7002', '7003');
    await knockd.saw(/open: OPEN SESAME/);

    chmodSync(file, 0o666);
    knockd.signal('SIGHUP');
    await knockd.saw(/everybody can change it/);
    await knockd.stop();
    await using again = wire.server.start(command, ...args);
    assert.equal((await again.exited).code, 78, again.output);
  });

  test('one-time files that cannot be used shut their own doors alone, in log, check and status', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const written = directory.file('written', '7101,7102\n');
    chmodSync(written, 0o646);
    const missing = directory.file('missing');
    const door = (name: string, path: string): string => `[${name}]\n  one_time_sequences = ${path}\n`;
    const config = `${door('foreign', written)}${door('lost', missing)}${door('nothing', directory.file('empty', ''))}`;
    await using knockd = await startKnockd(wire.server, directory, config, '-i', 'eth0');
    assert.equal(knockd.count(/foreign: the one-time sequences in .*: everybody can change it/g), 1);
    assert.equal(knockd.count(/lost: the one-time sequences cannot be read: ENOENT/g), 1);

    await wire.client.run(C_KNOCK, SERVER, '7101', '7102');
    await fence(knockd, wire.client, SERVER);
    assert.equal(knockd.count(/foreign: /g), 1, 'nobody comes in by a file that others can write');

    const file = directory.file('knockd.conf');
    const check = await wire.server.run(BUSSA, 'check', file);
    assert.match(check, /warning: \[foreign\] stays shut: .*everybody can change it.*: chmod o-rwx /);
    assert.match(check, /warning: \[lost\] stays shut: .*cannot be read: ENOENT.*create the file/);
    assert.match(check, /no sequence is left for \[nothing\]/);
    const ask = ['status', '--state', directory.path, '-c', file, '-i', 'eth0'];
    const status = await wire.server.run(BUSSA, ...ask);
    assert.match(status, /foreign .*shut: its one-time sequences cannot be used: everybody can change it/);
    assert.match(status, /lost .*shut: its one-time sequences cannot be used: ENOENT/);
    assert.match(status, /nothing .*shut: its one-time sequences are used up/);

    chmodSync(written, 0o600);
    writeFileSync(missing, '7201,7202\n', { mode: 0o600 });
    knockd.signal('SIGHUP');
    await knockd.saw(/re-reading config file: [\s\S]*listening on/);
    await wire.client.run(C_KNOCK, SERVER, '7101', '7102');
    await knockd.saw(/foreign: OPEN SESAME/);
    await wire.client.run(C_KNOCK, SERVER, '7201', '7202');
    await knockd.saw(/lost: OPEN SESAME/);
  });
});
