/**
 * Facts that reach all who are to know of them: a refusal, and a reload.
 *
 *     client                        server
 *     eth0 10.7.0.2           ────  eth0 10.7.0.1, knockd
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { SERVER } from '../lab/wire.ts';
import { ControlFixture } from './control-fixture.ts';

/** So many that the firewall takes its time for them. */
const DOORS = 150;
const FIRST_PORT = 20_000;

type Counts = {
  readonly counts: { readonly refused: number };
  readonly doors: { counts: { refused: number } }[];
};

describe('one channel, one order', () => {
  test('a one-time sequence that cannot be marked: the refusal reaches the log, the counter and the hook', async () => {
    await using stage = await ControlFixture.create(
      '[none]\n  sequence = 7000\n  start_command = echo opened\n',
    );
    const { client, directory, knockd } = stage;
    const sequences = directory.file('sequences', '7001,7002\n');
    const told = `${directory.path}/told`;
    const config = `[once]\n  one_time_sequences = ${sequences}\n  start_command = echo opened\n  on_refused = sh: echo "$BUSSA_EVENT $BUSSA_DOOR $BUSSA_IP" > ${told}\n`;
    directory.file('knockd.conf', config);
    const reloaded = await stage.ask('reload');
    assert.equal(reloaded.code, 0, reloaded.output);
    rmSync(sequences);
    await client.run(C_KNOCK, SERVER, '7001', '7002');
    await knockd.saw(/10\.7\.0\.2: once: .*its sequence cannot be marked as used/);
    const { counts, doors } = await stage.json<Counts>('status');
    assert.equal(counts.refused, 1);
    assert.deepEqual(
      doors.map((door) => door.counts.refused),
      [1],
    );
    await knockd.stop();
    assert.equal(readFileSync(told, 'utf8'), 'refused once 10.7.0.2\n');
    assert.equal(knockd.count(/running command/g), 0);
  });

  test('bussa reload answers when the firewall has changed', async () => {
    const doors = (count: number): string =>
      Array.from(
        { length: count },
        (_, at) => `[door${at}]\n  sequence = 7000,8000,${9000 + at}\n  open = tcp/${FIRST_PORT + at}\n`,
      ).join('\n');
    await using stage = await ControlFixture.create(doors(1));
    const { directory, server } = stage;
    for (const count of [DOORS, 1]) {
      directory.file('knockd.conf', doors(count));
      const reloaded = await stage.ask('reload');
      const rules = await server.run('nft', 'list', 'ruleset');
      assert.equal(reloaded.code, 0, reloaded.output);
      assert.equal(rules.includes(`${FIRST_PORT + DOORS - 1}`), count === DOORS, `${count} doors`);
    }
  });
});
