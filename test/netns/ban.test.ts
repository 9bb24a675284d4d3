/** `bussa ban`, `bussa unban` and `bussa bans` at a daemon that runs; addresses as in wire.ts. */
import assert from 'node:assert/strict';
import { appendFileSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KNOCK } from '../lab/knockd.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { ControlFixture, SSH_DOOR } from './control-fixture.ts';

const OPENED = new RegExp(`${CLIENT}: ssh: opened tcp/22`, 'g');

async function knock({ client }: ControlFixture): Promise<void> {
  await client.run(...(KNOCK as [string]), SERVER, '7000', '8000', '9000');
}

/** Everything sent before has been judged; by a source that is not banned. */
async function settle({ client, knockd }: ControlFixture): Promise<void> {
  const count = knockd.count(/: fence: OPEN SESAME/g);
  await client.status('hping3', '-q', '-c', '1', '-i', 'u1', '-2', '-a', STRANGER, '-p', '65000', SERVER);
  await knockd.saw(/: fence: OPEN SESAME/, count + 1);
}

describe('bussa ban', { concurrency: 2 }, () => {
  test('closes what is open at once, and nothing opens any more, also after a restart; unban ends it', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await knock(stage);
    await stage.knockd.saw(OPENED);
    await assertOpen(stage.client, SERVER, 22, CLIENT);

    const banned = await stage.ask('ban', CLIENT);
    assert.equal(banned.output, '10.7.0.2 is banned for good.\n');
    await stage.knockd.saw(/10\.7\.0\.2: ssh: closed tcp\/22, its address has been banned/);
    await assertShut(stage.client, SERVER, 22, CLIENT);
    await knock(stage);
    await settle(stage);
    assert.equal(stage.knockd.count(OPENED), 1);
    assert.equal(stage.knockd.count(/10\.7\.0\.2: ssh: Stage/g), 3, 'its packets are not looked at');
    const why = await stage.ask('explain', CLIENT);
    assert.match(why.output, /Not opened: 10\.7\.0\.2 is banned for good\.$/m);
    assert.match(why.output, /tcp\/9000 {2}ignored: the source is banned$/m);

    await stage.start(SSH_DOOR);
    assert.equal((await stage.ask('bans')).output, '10.7.0.2  for good\n');
    await knock(stage);
    await settle(stage);
    assert.equal(stage.knockd.count(OPENED), 0);

    assert.equal((await stage.ask('unban', CLIENT)).output, '10.7.0.2 is no longer banned.\n');
    assert.equal((await stage.ask('bans')).output, 'Nobody is banned.\n');
    await knock(stage);
    await stage.knockd.saw(OPENED);
  });

  test('of a prefix, for a time; with an end that has passed it counts no more', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    const net = await stage.json<{ who: string; until: number; kept: boolean }>(
      'ban',
      '10.7.0.2/31',
      '--for',
      '1h',
    );
    assert.deepEqual([net.who, net.kept], ['10.7.0.2/31', true]);
    assert.ok(Math.abs(net.until - Date.now() - 3_600_000) < 60_000);
    const address = await stage.ask('unban', CLIENT);
    assert.match(
      address.output,
      /There was no ban of 10\.7\.0\.2\.\nIt belongs to 10\.7\.0\.2\/31, which is banned until [-\d: ]+: `bussa unban 10\.7\.0\.2\/31`\./,
    );
    await stage.ask('ban', '10.7.0.2/31', '--for', '1');
    const bans = async (): Promise<readonly unknown[]> =>
      (await stage.json<{ bans: unknown[] }>('bans')).bans;
    while ((await bans()).length > 0);
    await knock(stage);
    await stage.knockd.saw(OPENED);
  });

  test('a file that is damaged in part: the rest counts, and the log says which line does not', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    await stage.ask('ban', CLIENT);
    const [file] = globSync(join(stage.directory.path, '*/bans'));
    assert.ok(file !== undefined);
    appendFileSync(file, '10.7.0.300 -\n');
    await stage.start(SSH_DOOR);
    await stage.knockd.saw(/bans: line 2 skipped, not a valid ban/);
    assert.equal((await stage.ask('bans')).output, '10.7.0.2  for good\n');
    writeFileSync(file, '');
  });

  test('what is no address, and a time that is none', async () => {
    await using stage = await ControlFixture.create(SSH_DOOR);
    for (const words of [
      ['ban', '10.7.0.2/8'],
      ['ban', 'host'],
      ['ban', CLIENT, '--for', 'ever'],
      ['ban', CLIENT, '--for', '0'],
      ['unban', ''],
      ['ban'],
    ]) {
      const { code, output } = await stage.ask(...words);
      assert.equal(code, 2, output);
    }
    assert.deepEqual(await stage.json('bans'), { bans: [] });
  });
});
