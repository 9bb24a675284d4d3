/**
 * The operator's orders: `bussa open`, `extend`, `close`, and what `bussa history` says of them.
 *
 *     client                          server
 *     eth0 10.7.0.2              ────  eth0 10.7.0.1
 *          10.7.0.3                    knockd, an echo service on 22
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';

type Past = { readonly history: { door: string; source: string; by: string; how: string; lasted: number }[] };
type Leases = {
  readonly leases: { readonly source: string; readonly left: number; readonly byOperator?: boolean }[];
};

const commandDoor = (stage: string): string => `
[command]
  sequence      = 7001
  start_command = echo open %IP% >> ${stage}
  stop_command  = echo close %IP% >> ${stage}
  cmd_timeout   = 30

[once]
  sequence      = 7002
  start_command = echo once %IP% >> ${stage}
`;

const DENYING = SSH_DOOR.replace('open_for    = 60', `open_for    = 60\n  deny        = ${STRANGER}`);

describe("the operator's orders", { concurrency: 2 }, () => {
  test('open, for its time and no longer, IPv4 and IPv6; extend; close; and who it was', async () => {
    await using stage = await ControlFixture.create(DENYING);
    const { client, knockd } = stage;
    const opened = await stage.ask('open', 'ssh', CLIENT, '--for', '10m');
    assert.equal(opened.code, 0, opened.output);
    assert.match(opened.output, /^ssh: opened for 10\.7\.0\.2 \(tcp\/22\) for (10m|9m 59s)$/m);
    await knockd.saw(/10\.7\.0\.2: ssh: the operator's order: open it for 600 s/);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, STRANGER);

    const denied = await stage.ask('open', 'ssh', STRANGER, '--for', '2s');
    assert.equal(denied.code, 0, denied.output);
    assert.match(denied.output, /allow\/deny of ssh would have refused a knock from 10\.7\.0\.3/);
    await assertOpen(client, SERVER, 22, STRANGER);
    await stage.ask('open', 'ssh', CLIENT6.toUpperCase());
    await assertOpen(client, SERVER6, 22, CLIENT6);
    await knockd.saw(/10\.7\.0\.3: ssh: closed tcp\/22\n/);
    await assertShut(client, SERVER, 22, STRANGER);

    const extended = await stage.json<{ lease: { left: number } }>('extend', 'ssh', CLIENT, '--for', '1h');
    assert.ok(extended.lease.left > 4100 && extended.lease.left <= 4200, `${extended.lease.left}`);
    assert.equal((await stage.ask('extend', 'ssh', STRANGER)).code, 1);

    const closed = await stage.ask('close', 'ssh', CLIENT);
    assert.match(closed.output, /^1 closed$/m);
    await knockd.saw(/10\.7\.0\.2: ssh: closed tcp\/22, by the operator/);
    await assertShut(client, SERVER, 22, CLIENT);
    assert.equal((await stage.ask('close', 'ssh', CLIENT)).code, 1);
    assert.match((await stage.ask('close', '--all')).output, /^1 closed$/m);
    assert.match((await stage.ask('leases')).output, /^no door is open$/m);

    const { history } = await stage.json<Past>('history');
    assert.deepEqual(
      history.map(({ source, by, how }) => [source, by, how]),
      [
        [CLIENT6, 'operator', 'closed'],
        [CLIENT, 'operator', 'closed'],
        [STRANGER, 'operator', 'expired'],
      ],
    );
    const of = (...words: string[]) =>
      stage.json<Past>('history', ...words).then((past) => past.history.length);
    assert.deepEqual(
      [
        await of('--ip', CLIENT),
        await of('--limit', '2'),
        await of('--door', 'web'),
        await of('--until', '1d'),
      ],
      [1, 2, 0, 0],
    );
    assert.equal(await of('--since', 'today', '--door', 'ssh'), 3);
  });

  test('a door with commands: opened, closed, each once; one without a closing command only runs', async () => {
    // A daemon that has been started without commands has given up what they may need.
    await using stage = await ControlFixture.create(
      `${SSH_DOOR}[once]\n  sequence = 7002\n  command = /bin/true\n`,
    );
    const done = stage.directory.file('done');
    stage.directory.file('knockd.conf', SSH_DOOR + commandDoor(done));
    const reloaded = await stage.ask('reload');
    assert.equal(reloaded.code, 0, reloaded.output);
    assert.match(reloaded.output, /^new doors: command$/m);
    assert.match(reloaded.output, /^doors that are gone: fence$/m);
    assert.match(reloaded.output, /^doors that have changed: once$/m);

    assert.equal((await stage.json<{ command: string }>('open', 'command', CLIENT)).command, 'ok');
    assert.equal(readFileSync(done, 'utf8'), `open ${CLIENT}\n`);
    assert.match((await stage.ask('close', 'command', CLIENT)).output, /^1 closed$/m);
    assert.equal(readFileSync(done, 'utf8'), `open ${CLIENT}\nclose ${CLIENT}\n`);
    const once = await stage.ask('open', 'once', CLIENT);
    assert.match(once.output, /its command has been started .*nothing closes it again/);
    assert.equal((await stage.ask('open', 'once', CLIENT, '--for', '5m')).code, 1);
    const misspelt = await stage.ask('open', 'comand', CLIENT);
    assert.match(misspelt.output, /there is no door "comand": did you mean command\?/);
    assert.equal(misspelt.code, 1);
  });

  test('a lease that was ordered survives the death of the daemon, and its history too', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await stage.ask('open', 'ssh', CLIENT, '--for', '1h');
    await stage.ask('open', 'ssh', STRANGER);
    await stage.ask('close', 'ssh', STRANGER);
    await stage.knockd.stop('SIGKILL');
    const left = await stage.ask('history');
    assert.equal(left.code, 0, left.output);
    assert.match(left.output, /no daemon is running: these are the records of the last one/);
    assert.match(left.output, /10\.7\.0\.3 +tcp\/22 +operator root +\S+ +by the operator root$/m);

    await stage.start(SSH_DOOR);
    await stage.knockd.saw(/10\.7\.0\.2: ssh: left open by an earlier run, will be closed on time/);
    const { leases } = await stage.json<Leases>('leases');
    assert.deepEqual(
      leases.map(({ source, left, byOperator }) => [source, left > 3500 && left < 3600, byOperator]),
      [[CLIENT, true, true]],
    );
    await assertOpen(stage.client, SERVER, 22, CLIENT);
    assert.equal((await stage.json<Past>('history')).history.length, 1);
  });

  test('a spent single use: extending does not renew it, opening does', async () => {
    await using stage = await ControlFixture.create(
      SSH_DOOR.replace('open_for', 'single_use = yes\n  open_for'),
    );
    const { client } = stage;
    assert.equal((await stage.ask('open', 'ssh', CLIENT)).code, 0);
    await assertOpen(client, SERVER, 22, CLIENT);
    assert.equal((await stage.ask('extend', 'ssh', CLIENT, '--for', '10m')).code, 0);
    await assertShut(client, SERVER, 22, CLIENT);
    // Shorter than it is open anyway, but one more use.
    assert.equal((await stage.ask('open', 'ssh', CLIENT, '--for', '30s')).code, 0);
    assert.equal((await stage.ask('extend', 'ssh', CLIENT, '--for', '10m')).code, 0);
    await assertOpen(client, SERVER, 22, CLIENT);
    await assertShut(client, SERVER, 22, CLIENT);
  });

  test('a reload reports mistakes with their places, and changes nothing', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const file = stage.directory.file('knockd.conf', SSH_DOOR.replace('tcp/22', 'tcp/99999'));
    const refused = await stage.ask('reload');
    assert.equal(refused.code, 78, refused.output);
    assert.ok(refused.output.includes(`${file}:5:`), refused.output);
    assert.match(refused.output, /the old configuration stays in force/);
    assert.equal((await stage.ask('open', 'ssh', CLIENT)).code, 0);
    stage.directory.file('knockd.conf', SSH_DOOR);
    assert.equal((await stage.ask('reload')).code, 0);
  });
});
