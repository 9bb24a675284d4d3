/**
 * `bussa up --confirm`: all is undone unless somebody confirms. The stage is that of `up.test.ts`.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { C_KNOCK } from '../lab/knockd.ts';
import { PATIENCE_MS, type Program } from '../lab/program.ts';
import { assertOpen, assertShut } from '../lab/service.ts';
import { CLIENT, SERVER, STRANGER } from '../lab/wire.ts';
import { BUSSA, DOOR, UP_SITUATIONS, UpFixture } from './up-fixture.ts';

const KNOCK = ['7000', '8000', '9000'];
const LISTENING = /listening on .*\.\.\.\n/;
const WAITING = /reverting in \d+ s unless you confirm/;

describe('bussa up --confirm', { concurrency: 2 }, () => {
  for (const { name, arrange } of UP_SITUATIONS) {
    test(`${name}: --confirm reverts everything without a confirmation`, async () => {
      await using stage = await UpFixture.create();
      await arrange(stage.server);
      const before = await stage.rules();
      await using connection = await stage.connect();
      writeFileSync(stage.config, `[options]\n  on_exit = keep\n${DOOR}`);

      const up = stage.up('--confirm', '3');
      await up.saw(WAITING);
      await assertShut(stage.client, SERVER, 22, STRANGER);
      assert.equal((await up.exited).code, 1);
      assert.match(up.output, /not confirmed within 3 s/);
      assert.equal(await stage.rules(), before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);
      await connection.assertAlive();

      // What was undone is forgotten.
      assert.equal((await stage.up().exited).code, 1);
    });

    test(`${name}: kill -9 in the waiting time is undone by the process that watches it`, async () => {
      await using stage = await UpFixture.create();
      await arrange(stage.server);
      const before = await stage.rules();
      const up = stage.up('--confirm', '600');
      await up.saw(WAITING);
      assert.notEqual(await stage.rules(), before);
      await up.stop('SIGKILL');
      await until(async () => (await stage.rules()) === before);
      await assertOpen(stage.client, SERVER, 22, STRANGER);
    });
  }

  test('confirmed by `bussa confirm`: the ports stay closed, and are no news any more', async () => {
    await using stage = await UpFixture.create();
    await using _connection = await stage.connect();
    const up = stage.up('--confirm', '60');
    const [words] = await up.saw(/then run .*confirm.*$/m);
    assert.ok(words.includes(`${BUSSA} confirm -c ${stage.config} --state ${stage.directory.path}`), words);
    await stage.client.run(C_KNOCK, SERVER, ...KNOCK);
    await up.saw(/10\.7\.0\.2: ssh: opened tcp\/22/);
    await using through = await stage.connect();
    const yes = stage.confirm();
    assert.equal((await yes.exited).code, 0);
    assert.match(yes.output, /Confirmed/);
    await up.saw(/confirmed by bussa confirm/);
    await through.assertAlive();
    await assertShut(stage.client, SERVER, 22, STRANGER);

    const again = stage.confirm();
    assert.equal((await again.exited).code, 0);
    assert.match(again.output, /nothing to confirm/);
    await untilAlone(stage, up);
    assert.equal((await up.stop()).code, 0);
    const second = stage.up();
    await second.saw(LISTENING);
    assert.equal((await second.stop()).code, 0);
  });

  test('the end of the terminal is not the end of the waiting, and a reload has to wait', async () => {
    await using stage = await UpFixture.create();
    const up = stage.up('--confirm', '60');
    await up.saw(WAITING);
    up.signal('SIGHUP');
    await up.saw(/the running trial is not confirmed/);
    await assertShut(stage.client, SERVER, 22, CLIENT);
    assert.equal((await stage.confirm().exited).code, 0);
    up.signal('SIGHUP');
    await up.saw(/re-reading config file/, 2);
    await up.saw(/listening on/, 2);
    assert.equal((await up.stop()).code, 0);
  });

  test('Ctrl-C in the waiting time undoes it, whatever on_exit says', async () => {
    await using stage = await UpFixture.create();
    writeFileSync(stage.config, `[options]\n  on_exit = keep\n${DOOR}`);
    const before = await stage.rules();
    const up = stage.up('--confirm', '600');
    await up.saw(WAITING);
    assert.equal((await up.stop('SIGINT')).code, 0);
    assert.equal(await stage.rules(), before);
  });

  test('a daemon that hangs is killed when the time is over, and undone', async () => {
    await using stage = await UpFixture.create();
    const before = await stage.rules();
    const up = stage.up('--confirm', '1');
    await up.saw(WAITING);
    up.signal('SIGSTOP');
    await up.saw(/the daemon hung before the trial was confirmed/, 1, 60_000).catch((error: unknown) => {
      if (!up.output.includes('the daemon hung')) throw error;
    });
    await until(async () => (await stage.rules()) === before);
    assert.equal((await up.exited).signal, 'SIGKILL');
  });

  test('Enter at the terminal confirms; what was typed before does not', async () => {
    await using stage = await UpFixture.create();
    const place = `-c ${stage.config} --state ${stage.directory.path}`;
    // `exec`: the shell, which Ctrl-C ends as well, would answer in the daemon's place.
    const up = stage.server.start('script', '-qec', `exec ${BUSSA} up ${place} --confirm 60`, '/dev/null');
    up.write('\n');
    await up.saw(/or press Enter here/);
    assert.equal(up.count(/confirmed at the terminal/g), 0);
    up.write('\n');
    await up.saw(/confirmed at the terminal/);
    await assertShut(stage.client, SERVER, 22, CLIENT);
    up.write('\x03');
    assert.equal((await up.exited).code, 0);
  });

  test('`bussa confirm` without a daemon', async () => {
    await using stage = await UpFixture.create();
    const lost = stage.confirm();
    assert.equal((await lost.exited).code, 69);
    assert.match(lost.output, /no daemon for .* is running .*knockd -d/);
    assert.ok(!existsSync(join(stage.directory.path, 'control')));
  });
});

/** The watching process has ended with its task. */
async function untilAlone(stage: UpFixture, up: Program): Promise<void> {
  await until(async () => {
    const pids = await stage.server.pids();
    return pids.every((pid) => pid === up.pid || !nameOf(pid).startsWith('bussa-undo'));
  });
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1');
  } catch {
    return '';
  }
}

/** For what nobody announces. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) assert.fail('it does not come about');
  }
}
