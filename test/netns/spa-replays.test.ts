/**
 * Packets of fwknop that somebody has recorded, sent once more: a thousand times, from the same and other addresses, by
 * other transports, through restarts and deaths of the daemon. None opens anything.
 */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { assertShut } from '../lab/service.ts';
import { CLIENT, CLIENT6, SERVER, SERVER6, STRANGER } from '../lab/wire.ts';
import { drawKey, SPA_DOOR, SpaFixture } from './spa-fixture.ts';

const TIMES = 1000;

async function replay(stage: SpaFixture, text: string, times = TIMES): Promise<void> {
  await stage.again(text, CLIENT, SERVER, times);
  await stage.again(text, STRANGER, SERVER, times);
  await stage.again(text, CLIENT6, SERVER6, times);
  await stage.fence();
}

function loseDatabase({ directory }: SpaFixture): void {
  const [name] = readdirSync(directory.path, { withFileTypes: true }).filter((one) => one.isDirectory());
  const state = join(directory.path, name?.name ?? '');
  for (const file of readdirSync(state)) if (file.startsWith('leases.db')) rmSync(join(state, file));
}

describe('recorded packets of fwknop', { concurrency: 2 }, () => {
  for (const [what, hmac] of [
    ['with an HMAC', 'sha256'],
    ['without an HMAC', undefined],
  ] as const) {
    test(`${what} open nothing once more, from anywhere`, async () => {
      const config = SPA_DOOR.replace('= 30', '= 2');
      await using stage = await SpaFixture.create({ config, keys: [drawKey('carol', { hmac })] });
      const text = await stage.send('carol', '-s');
      await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: closed tcp\/22/);
      await replay(stage, text);
      // The same in other bytes: what an HMAC does not protect is not another packet.
      const last = text.at(-1) === 'A' ? 'B' : 'A';
      await stage.again(text.slice(0, -1) + last, STRANGER, SERVER);
      await stage.refused(text, STRANGER, /the SPA packet at .* was refused: it was used already/);
      assert.equal(stage.openings, 1);
      for (const source of [CLIENT, STRANGER]) await assertShut(stage.wire.client, SERVER, 22, source);
      await stage.send('carol', '-s');
      await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: opened/, 2);
    });
  }

  for (const [name, signal, meanwhile] of [
    ['an orderly restart', 'SIGTERM', undefined],
    ['kill -9', 'SIGKILL', undefined],
    ['an orderly restart without its database', 'SIGTERM', 'lost'],
    ['kill -9 and the loss of the database', 'SIGKILL', 'lost'],
  ] as const) {
    test(`open nothing after ${name}; a fresh one opens`, async () => {
      await using stage = await SpaFixture.create({ keys: [drawKey('carol')] });
      const text = await stage.send('carol', '-s');
      await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: opened/);
      await stage.restart(signal, () => {
        if (meanwhile === 'lost') loseDatabase(stage);
      });
      await replay(stage, text, TIMES / 4);
      await stage.refused(text, STRANGER, /was refused: it (?:was used already|is older than the record)/);
      assert.equal(stage.openings, 0);
      await stage.send('carol', '-s');
      await stage.knockd.saw(/10\.7\.0\.2: ssh: carol: (?:opened|already open)/);
    });
  }

  test('that were refused for their clock open nothing when their time has come', async () => {
    await using stage = await SpaFixture.create({ keys: [drawKey('carol')] });
    const text = await stage.send('carol', '-s', '--time-offset-plus', '121s');
    await stage.explained(/was refused: the clock of the sender is .* ahead/);
    await stage.refused(text, STRANGER, /was refused: it was used already/);
    assert.equal(stage.openings, 0);
  });
});
