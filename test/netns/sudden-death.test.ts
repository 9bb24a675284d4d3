/**
 * kill -9 between the start command and the stop command: the close is carried out once all the same.
 *
 *     client                 server
 *     eth0 10.7.0.2    ────  eth0 10.7.0.1, knockd, killed and started again on the same state
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK, fence, startKnockd, WorkDirectory } from '../lab/knockd.ts';
import { follow } from '../lab/program.ts';
import { SERVER, Wire } from '../lab/wire.ts';

const config = (done: string, cmdTimeout: number): string => `[door]
  sequence      = 7000,8000,9000
  start_command = echo open %IP% >> ${done}
  cmd_timeout   = ${cmdTimeout}
  stop_command  = echo close %IP% >> ${done}
`;

describe('kill -9 between start and stop', { concurrency: 3 }, () => {
  test('started again in time: the close comes at its time, once', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    await using first = await startKnockd(wire.server, directory, config(done, 3), '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await lines.saw(/open 10\.7\.0\.2/);
    const opened = performance.now();
    assert.equal((await first.stop('SIGKILL')).signal, 'SIGKILL');

    await using second = await startKnockd(wire.server, directory, config(done, 3), '-i', 'eth0');
    await lines.saw(/close 10\.7\.0\.2/);
    const openFor = performance.now() - opened;
    assert.ok(openFor > 2700 && openFor < 4500, `closed after ${openFor} ms instead of 3000`);
    assert.equal((await second.stop()).code, 0);
    assert.equal(readFileSync(done, 'utf8'), 'open 10.7.0.2\nclose 10.7.0.2\n');
  });

  test('started again too late: the close comes at once, once, and another start does not repeat it', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    await using first = await startKnockd(wire.server, directory, config(done, 1), '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await lines.saw(/open 10\.7\.0\.2/);
    await first.stop('SIGKILL');
    // The time of the close has to pass while no daemon is there.
    await new Promise((resolve) => setTimeout(resolve, 1300));
    assert.equal(lines.count(/close/g), 0);

    await using second = await startKnockd(wire.server, directory, config(done, 1), '-i', 'eth0');
    await lines.saw(/close 10\.7\.0\.2/);
    await second.stop('SIGKILL');
    await using third = await startKnockd(wire.server, directory, config(done, 1), '-i', 'eth0');
    await fence(third, wire.client, SERVER);
    assert.equal((await third.stop()).code, 0);
    assert.equal(readFileSync(done, 'utf8'), 'open 10.7.0.2\nclose 10.7.0.2\n');
  });

  test('the door is no longer in the configuration: what is open is closed all the same', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    await using lines = follow(done);
    await using first = await startKnockd(wire.server, directory, config(done, 1), '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await lines.saw(/open 10\.7\.0\.2/);
    await first.stop('SIGKILL');

    await using second = await startKnockd(wire.server, directory, '[other]\n sequence = 1\n', '-i', 'eth0');
    await lines.saw(/close 10\.7\.0\.2/);
    assert.ok(second.running);
  });

  test('killed while the start command runs: the close is already written down', async () => {
    await using wire = await Wire.create();
    using directory = new WorkDirectory();
    const done = directory.file('done');
    const slow = config(done, 1).replace('echo open', 'echo begin >> $0; sleep 1; echo open');
    const text = slow.replace('$0', done);
    await using lines = follow(done);
    await using first = await startKnockd(wire.server, directory, text, '-i', 'eth0');
    await wire.client.run(C_KNOCK, SERVER, '7000', '8000', '9000');
    await lines.saw(/begin/);
    await first.stop('SIGKILL');
    await using _second = await startKnockd(wire.server, directory, text, '-i', 'eth0');
    await lines.saw(/close 10\.7\.0\.2/);
    assert.equal(lines.count(/close/g), 1);
  });
});
